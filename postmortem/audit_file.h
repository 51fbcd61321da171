// The audit log's files before the committer takes them over: creation, first reading, the cut of a torn tail.
//
// Threads: one. Signal context: no.
// Errors:  kIo / kEnvironment with the path and the call; kCorrupt with the account of the damage.
// Durable: under kPowerLoss what is read was made durable before it was read (a crashed predecessor's last writes may
//          be visible without being on the device), and every change is durable before open_audit_file() returns.
#pragma once

#include "base/result.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_scan.h"
#include "postmortem/audit_segments.h"

namespace crashwright::postmortem {

struct AuditFile {
  AuditSegment segment;  // that takes the next block, or is full
  AuditScan scan;        // as read before the cut
};

// Creates the log when it is missing or empty, reads it, cuts a torn tail, and removes the segments behind the end of
// the data. Refuses damage.
[[nodiscard]] Result<AuditFile> open_audit_file(const AuditLogOptions& options);

}  // namespace crashwright::postmortem
