#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/unique_fd.h"
#include "postmortem/audit_file.h"
#include "postmortem/audit_log.h"

namespace crashwright::postmortem {

Result<AuditReadout> read_audit_log(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return AuditReadout{};
  if (!fd) return fail_errno(errno, "open " + path);
  auto scan = scan_audit_file(fd.get(), path);
  if (!scan) return tl::unexpected(scan.error());
  return std::move(scan->readout);
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
