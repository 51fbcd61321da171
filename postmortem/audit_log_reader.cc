#include <algorithm>

#include "postmortem/audit_log.h"
#include "postmortem/audit_segment_reader.h"

namespace crashwright::postmortem {
namespace {

// A missing file is an empty log.
Result<AuditReadout> read_through(const std::string& path, uint64_t snapshot_sequence, uint64_t read_bytes_min,
                                  AuditArchive archive, AuditScanner& scanner) {
  const auto segments = find_audit_segments(path, archive);
  if (!segments) return tl::unexpected(segments.error());
  const size_t from = find_audit_start(*segments, snapshot_sequence, read_bytes_min);
  auto scan = scan_audit_segments(*segments, from, scanner);
  if (!scan) return tl::unexpected(scan.error());
  return std::move(scan->readout);
}

}  // namespace

Result<AuditReadout> read_audit_log(const std::string& path) {
  AuditScanner scanner;
  return read_through(path, 0, 0, AuditArchive::kJoined, scanner);
}

Result<AuditReadout> read_audit_log_behind(const std::string& path, uint64_t snapshot_sequence,
                                           uint64_t read_bytes_min) {
  AuditScanner scanner;
  return read_through(path, snapshot_sequence, read_bytes_min, AuditArchive::kLeftOut, scanner);
}

Result<AuditReadout> scan_audit_log(const std::string& path,
                                    const std::function<void(std::span<const AuditRecord>)>& sink) {
  AuditScanner scanner(sink);
  return read_through(path, 0, 0, AuditArchive::kJoined, scanner);
}

std::vector<AuditRecord> replay_from_sequence(const AuditReadout& readout, uint64_t sequence) {
  const auto first =
      std::lower_bound(readout.records.begin(), readout.records.end(), sequence,
                       [](const AuditRecord& record, uint64_t wanted) { return record.sequence < wanted; });
  return {first, readout.records.end()};
}

std::vector<AuditRecord> replay_from_time(const AuditReadout& readout, uint64_t wall_ns) {
  const auto first = std::find_if(readout.records.begin(), readout.records.end(),
                                  [&](const AuditRecord& record) { return record.wall_ns >= wall_ns; });
  return {first, readout.records.end()};
}

}  // namespace crashwright::postmortem
