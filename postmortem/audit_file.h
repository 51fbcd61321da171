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

// Reads `fd` through a scanner from byte `from` on, which is where `scanner` begins. The size is taken from the file,
// nothing else.
[[nodiscard]] Result<AuditScan> scan_audit_file(int fd, const std::string& path, AuditScanner& scanner, uint64_t from);

// Where reading may begin when a snapshot holds everything up to `snapshot_sequence`: the block that holds it, and at
// least kAuditReadBytesMin before the end of the data. Position of block 0 when that is everything, or when what is
// found on the way is not intact: then all must be judged.
[[nodiscard]] AuditBlockBuilder::Position find_audit_start(int fd, uint64_t snapshot_sequence);

[[nodiscard]] Result<AuditScan> scan_from_snapshot(int fd, const std::string& path, uint64_t snapshot_sequence);

// fsync of the folder that holds `path`: makes a new name durable.
[[nodiscard]] Status sync_folder_of(const std::string& path);

}  // namespace crashwright::postmortem
