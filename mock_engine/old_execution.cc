#include "mock_engine/old_execution.h"

#include <span>

#include "postmortem/audit_log.h"
#include "postmortem/audit_segments.h"
#include "postmortem/device_wait.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditReadout;
using postmortem::AuditRecord;
using postmortem::AuditRecordType;

std::string sequences(uint64_t first, uint64_t last) {
  return "audit sequences " + std::to_string(first) + " to " + std::to_string(last);
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The log's first segments, as they are called.
Error missing_beginning(const std::string& path, const AuditReadout& readout) {
  const std::string archive = postmortem::audit_archive_folder(path);
  std::string names = base_name(path);
  const auto segments = postmortem::find_audit_segments(path, postmortem::AuditArchive::kJoined);
  const uint64_t last = segments && !segments->empty() ? segments->files.front().number - 1 : 1;
  if (last > 1) names += " to " + base_name(postmortem::audit_segment_path(path, last));
  return {ErrorKind::kCorrupt,
          "the beginning of the audit log is missing, " + sequences(1, readout.first_sequence - 1) + ": " + names +
              " lie neither beside " + path + " nor in " + archive,
          "put " + names + " back into " + archive};
}

}  // namespace

Result<std::optional<Execution>> find_old_execution(const std::string& path, uint64_t match_id) {
  const postmortem::DeviceWait wait;  // a log takes as long as it is
  std::optional<Execution> found;
  const auto readout = postmortem::scan_audit_log(path, [&](std::span<const AuditRecord> records) {
    for (const AuditRecord& record : records) {
      if (record.match_id != match_id) continue;
      if (record.type == AuditRecordType::kBrokenTrade) found.reset();
      if (record.type != AuditRecordType::kExecuted) continue;
      found = Execution{record.match_id, record.price_ticks, record.quantity, record.side, record.symbol};
    }
  });
  if (!readout) return tl::unexpected(readout.error());
  if (found) return found;
  if (readout->first_sequence > 1) return tl::unexpected(missing_beginning(path, *readout));
  if (!readout->damage.empty()) {
    const postmortem::AuditDamage& damage = readout->damage.front();
    return fail(
        ErrorKind::kCorrupt,
        "the audit log is not whole, " + sequences(damage.first_sequence, damage.last_sequence) + ": " + damage.reason,
        "put a whole copy of that segment into " + postmortem::audit_archive_folder(path));
  }
  return found;
}

}  // namespace crashwright::mock_engine
