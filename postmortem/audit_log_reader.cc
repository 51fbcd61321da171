#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/unique_fd.h"
#include "postmortem/audit_file.h"
#include "postmortem/audit_log.h"

namespace crashwright::postmortem {

namespace {

// A missing file is an empty log.
template <typename Scan>
Result<AuditReadout> read_through(const std::string& path, Scan scan_file) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return AuditReadout{};
  if (!fd) return fail_errno(errno, "open " + path);
  Result<AuditScan> scan = scan_file(fd.get());
  if (!scan) return tl::unexpected(scan.error());
  return std::move(scan->readout);
}

}  // namespace

Result<AuditReadout> read_audit_log(const std::string& path) { return read_audit_log_behind(path, 0); }

Result<AuditReadout> read_audit_log_behind(const std::string& path, uint64_t snapshot_sequence) {
  return read_through(path, [&](int fd) { return scan_from_snapshot(fd, path, snapshot_sequence); });
}

Result<AuditReadout> scan_audit_log(const std::string& path,
                                    const std::function<void(std::span<const AuditRecord>)>& sink) {
  return read_through(path, [&](int fd) {
    AuditScanner scanner(sink);
    return scan_audit_file(fd, path, scanner, 0);
  });
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
