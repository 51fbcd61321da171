#include "postmortem/audit_mark.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "postmortem/audit_log.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

std::string hash_text(uint64_t hash) {
  char text[20];
  std::snprintf(text, sizeof text, "%016" PRIx64, hash);
  return text;
}

constexpr const char* kRemedy =
    "put the state store of this log back, or move it away: the whole log, with its archived segments brought back, "
    "gives the state; nothing was changed";

}  // namespace

std::string audit_log_id_text(uint32_t log_id) {
  char text[12];
  std::snprintf(text, sizeof text, "%08x", log_id);
  return text;
}

Status check_audit_mark(const AuditReadout& readout, const AuditMark& mark, const std::string& path) {
  if (CRASHWRIGHT_PLANTED("checkpoint_of_another_log_accepted")) return {};
  const std::string snapshot = "the state snapshot of audit sequence " + std::to_string(mark.sequence);
  if (mark.log_id != 0 && readout.log_id != 0 && mark.log_id != readout.log_id) {
    return fail(ErrorKind::kCorrupt,
                snapshot + " is one of audit log " + audit_log_id_text(mark.log_id) + ", and " + path + " is log " +
                    audit_log_id_text(readout.log_id),
                kRemedy);
  }
  if (mark.state_hash == 0) return {};
  const auto record = std::lower_bound(readout.records.begin(), readout.records.end(), mark.sequence,
                                       [](const AuditRecord& one, uint64_t wanted) { return one.sequence < wanted; });
  if (record == readout.records.end() || record->sequence != mark.sequence || record->state_hash == mark.state_hash) {
    return {};
  }
  return fail(ErrorKind::kCorrupt,
              "snapshot and log have parted: " + snapshot + " is of state " + hash_text(mark.state_hash) +
                  ", the log leaves " + hash_text(record->state_hash) + " there (" + path + ")",
              kRemedy);
}

}  // namespace crashwright::postmortem
