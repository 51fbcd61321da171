// The audit log's file before the committer takes it over: creation, first reading, the cut of a torn tail.
//
// Threads: one. Signal context: no.
// Errors:  kIo / kEnvironment with the path and the call; kCorrupt with the account of the damage.
// Durable: under kPowerLoss what is read was made durable before it was read (a crashed predecessor's last writes may
//          be visible without being on the device), and every change is durable before open_audit_file() returns.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_scan.h"

namespace crashwright::postmortem {

struct AuditFile {
  UniqueFd fd;
  bool direct = false;  // opened with O_DIRECT
  AuditScan scan;       // as read before the cut
  uint64_t size = 0;    // bytes, after the cut
};

// Creates the log when it is missing or empty, reads it, cuts a torn tail. Refuses damage.
[[nodiscard]] Result<AuditFile> open_audit_file(const AuditLogOptions& options);

// Reads all of `fd` through a scanner. The size is taken from the file, nothing else.
[[nodiscard]] Result<AuditScan> scan_audit_file(int fd, const std::string& path);

// fsync of the folder that holds `path`: makes a new name durable.
[[nodiscard]] Status sync_folder_of(const std::string& path);

}  // namespace crashwright::postmortem
