#include "rca/stored_damage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
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
  std::map<fs::path, uint64_t> checkpoints;  // by the folder of their log
  std::map<fs::path, std::pair<std::string, uint64_t>> stores;
  for (const std::string& path : files_below(folder)) {
    const std::string name = path.substr(std::min(path.size(), folder.size() + 1));
    const uint64_t magic = magic_of(path);
    const bool is_called_log = fs::path(path).filename() == "audit.log";
    const bool is_log = magic == postmortem::kAuditMagic || is_called_log;
    const fs::path parent = fs::path(path).parent_path();
    if (is_log && postmortem::audit_segment_number(path) == 0) checkpoints[parent] = look_at_log(path, name, findings);
    if (magic != postmortem::kStateFileMagic) continue;
    if (const auto newest = look_at_store(path, name, findings)) stores[parent] = {name, *newest};
  }
  for (const auto& [parent, store] : stores)
    look_for_stale_slot(store.second, checkpoints[parent], store.first, findings);
  return findings;
}

}  // namespace crashwright::rca
