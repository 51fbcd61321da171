#include "rca/stored_damage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/unique_fd.h"
#include "postmortem/audit_block.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_segments.h"
#include "postmortem/state_slot.h"
#include "postmortem/state_store.h"
#include "rca/artefact_search.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFindingsMax = 4;  // of one file

uint64_t magic_of(const std::string& path) {
  uint64_t magic = 0;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd || ::pread(fd.get(), &magic, sizeof magic, 0) != static_cast<ssize_t>(sizeof magic)) return 0;
  return magic;
}

// The log that a file is one of: of a segment without its number, and of an archived one in the folder above, as long
// as there is more of it.
std::string log_of(const std::string& path) {
  const uint64_t number = postmortem::audit_segment_number(path);
  const size_t suffix = number == 0 ? 0 : postmortem::audit_segment_path("", number).size();
  const fs::path log = path.substr(0, path.size() - suffix);
  const fs::path above = log.parent_path().parent_path() / log.filename();
  if (postmortem::audit_archive_folder(above) != log.parent_path()) return log;
  const auto rest = postmortem::find_audit_segments(above);
  return rest && !rest->empty() ? above : log;
}

// Returns the audit sequence of the newest checkpoint that the log tells of, 0 for none.
uint64_t look_at_log(const std::string& path, const std::string& name, std::vector<std::string>& findings) {
  uint64_t checkpoint = 0;
  const auto log = postmortem::scan_audit_log(path, [&](std::span<const postmortem::AuditRecord> records) {
    for (const postmortem::AuditRecord& record : records) {
      if (record.type == postmortem::AuditRecordType::kCheckpoint) checkpoint = record.match_id;
    }
  });
  if (!log) {
    findings.push_back(fmt::format("{}: no audit log that can be read: {}", name, log.error().message));
    return 0;
  }
  for (size_t i = 0; i < std::min(log->damage.size(), kFindingsMax); ++i) {
    const postmortem::AuditDamage& damage = log->damage[i];
    std::string lost;
    if (damage.last_sequence != 0) {
      lost = fmt::format(", records {} to {} are lost or in doubt", damage.first_sequence, damage.last_sequence);
    }
    findings.push_back(
        fmt::format("{}: damaged at byte {}, {} bytes: {}{}", name, damage.offset, damage.size, damage.reason, lost));
  }
  if (log->damage.size() > kFindingsMax) {
    findings.push_back(fmt::format("{}: {} more damages", name, log->damage.size() - kFindingsMax));
  }
  if (log->torn_tail_bytes > 0) {
    findings.push_back(fmt::format("{}: a torn tail of {} bytes at byte {}: {}", name, log->torn_tail_bytes,
                                   log->torn_tail_offset, log->torn_tail_reason));
  }
  return checkpoint;
}

// A snapshot that was taken and is not there: its slot holds an older one, or nothing that can be read.
void look_for_stale_slot(uint64_t newest, uint64_t checkpoint, const std::string& name,
                         std::vector<std::string>& findings) {
  if (newest >= checkpoint) return;
  findings.push_back(fmt::format(
      "{}: a slot is missing or stale: a checkpoint of audit sequence {} was taken, the newest here is of {}", name,
      checkpoint, newest));
}

// Returns the audit sequence of the newest snapshot in it, none where the store cannot be read.
std::optional<uint64_t> look_at_store(const std::string& path, const std::string& name,
                                      std::vector<std::string>& findings) {
  const auto store = postmortem::read_state_store(path);
  if (!store) {
    findings.push_back(fmt::format("{}: no state store that can be read: {}", name, store.error().message));
    return std::nullopt;
  }
  for (const std::string& refused : store->refused) findings.push_back(fmt::format("{}: {}", name, refused));
  return store->newest ? store->newest->sequence : 0;
}

}  // namespace

std::vector<std::string> stored_damage(const std::string& folder) {
  std::vector<std::string> findings;
  std::set<std::string> logs;
  std::map<fs::path, uint64_t> checkpoints;  // by the folder of their log
  std::map<fs::path, std::pair<std::string, uint64_t>> stores;
  const auto name_of = [&](const std::string& path) { return path.substr(std::min(path.size(), folder.size() + 1)); };
  for (const std::string& path : files_below(folder)) {
    const uint64_t magic = magic_of(path);
    const bool is_called_log = fs::path(path).filename() == "audit.log";
    if (magic == postmortem::kAuditMagic || is_called_log) logs.insert(log_of(path));
    if (magic != postmortem::kStateFileMagic) continue;
    const auto newest = look_at_store(path, name_of(path), findings);
    if (newest) stores[fs::path(path).parent_path()] = {name_of(path), *newest};
  }
  for (const std::string& log : logs)
    checkpoints[fs::path(log).parent_path()] = look_at_log(log, name_of(log), findings);
  for (const auto& [parent, store] : stores)
    look_for_stale_slot(store.second, checkpoints[parent], store.first, findings);
  return findings;
}

}  // namespace crashwright::rca
