#include "mock_engine/naive/export.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <vector>

#include "base/file.h"
#include "mock_engine/naive/audit_trail.h"
#include "mock_engine/naive/root_cause.h"
#include "mock_engine/naive/text_log.h"
#include "postmortem/audit_block.h"

namespace crashwright::mock_engine::naive {
namespace {

namespace fs = std::filesystem;
using postmortem::AuditBlock;
using postmortem::AuditBlockKind;
using postmortem::AuditRecord;

constexpr uint64_t kSalt = 0x6e61697665;  // any but zero

AuditRecord as_record(const TrailRecord& entry, uint64_t sequence) {
  AuditRecord record{};
  record.sequence = sequence;
  record.wall_ns = entry.wall_ns;
  record.monotonic_ns = entry.monotonic_ns;
  record.type = entry.type;
  record.side = entry.side;
  record.user_ref = entry.user_ref;
  record.original_user_ref = entry.original_user_ref;
  record.quantity = entry.quantity;
  record.leaves = entry.leaves;
  record.exchange_order_id = entry.exchange_order_id;
  record.reason = entry.reason;
  record.price_ticks = entry.price_ticks;
  record.session_sequence = entry.session_sequence;
  record.match_id = entry.match_id;
  record.symbol.assign(std::string_view(entry.symbol, ::strnlen(entry.symbol, sizeof entry.symbol)));
  return record;
}

std::vector<AuditBlock> as_blocks(const std::vector<TrailRecord>& entries) {
  postmortem::AuditBlockBuilder builder({.salt = kSalt});
  std::vector<AuditBlock> blocks(1);
  builder.finish(blocks.front(), AuditBlockKind::kSegment, 0, 0, 0);
  builder.begin_run();
  builder.finish(blocks.emplace_back(), AuditBlockKind::kOpening, 0, 0, 0);
  for (size_t done = 0; done < entries.size();) {
    const size_t count = std::min(entries.size() - done, postmortem::kAuditRecordsPerBlock);
    AuditBlock& block = blocks.emplace_back();
    for (size_t i = 0; i < count; ++i) block.records[i] = as_record(entries[done + i], done + i + 1);
    builder.begin_batch();
    builder.finish(block, AuditBlockKind::kRecords, count, done, 0);
    done += count;
  }
  return blocks;
}

Status export_audit(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  const std::string own = path + ".own";
  fs::rename(path, own, error);
  if (error) return fail(ErrorKind::kIo, "rename " + path + ": " + error.message());
  const std::vector<AuditBlock> blocks = as_blocks(read_trail(own));
  return write_file(path, {reinterpret_cast<const char*>(blocks.data()), blocks.size() * sizeof(AuditBlock)});
}

// "[1234] text": who wrote an entry is known from its text alone.
Status export_log(const fs::path& log, const std::string& target) {
  std::map<int, uint64_t> written;
  std::string lines;
  for (std::string entry : read_text_log(log)) {
    const int tid = std::atoi(entry.c_str() + (entry.empty() ? 0 : 1));
    std::replace(entry.begin(), entry.end(), '\n', ' ');
    lines += std::to_string(tid) + "\t" + std::to_string(++written[tid]) + "\t" + entry + "\n";
  }
  return write_file(target, lines);
}

Status export_cause(const std::string& folder, int32_t wait_status) {
  std::string output;
  for (const char* name : {"/stderr.txt", "/stdout.txt", "/crash.txt"}) {
    output += read_file(folder + name).value_or("");
  }
  const RootCause found = find_root_cause(output, wait_status);
  return write_file(folder + "/rca.txt", found.cause + "\t" + found.function + "\n");
}

}  // namespace

Status export_artefacts(const std::string& data_folder, const std::string& postmortem_folder, int32_t wait_status) {
  if (auto audit = export_audit(data_folder + "/audit.log"); !audit) return audit;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(postmortem_folder, error)) {
    const std::string stem = entry.path().stem();
    if (entry.path().extension() != ".log" || stem.rfind("trading-", 0) != 0) continue;
    const std::string pid = stem.substr(stem.find('-') + 1);
    if (auto log = export_log(entry.path(), postmortem_folder + "/log-" + pid + ".txt"); !log) return log;
  }
  return export_cause(postmortem_folder, wait_status);
}

}  // namespace crashwright::mock_engine::naive
