// The files of an audit log: `audit.log`, then `audit.log.000002`, `audit.log.000003` and so on, all of one size.
//
// Threads: pure functions over the file system. Signal context: no.
// Errors:  kIo / kEnvironment with the path and the call; kCorrupt when no sense can be made of what is there.
// Missing: the first ones may be gone (archived below a checkpoint); one in the middle that is gone is damage, and
//          found as such by the scan. One at the end may be there and hold zeros only: it is filled ahead of its use.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_scan.h"

namespace crashwright::postmortem {

struct AuditSegmentFile {
  uint64_t number = 0;  // from 1
  std::string path;
  uint64_t size = 0;  // bytes
};

struct AuditSegments {
  std::string log;                      // path of the first one, that of the log
  std::vector<AuditSegmentFile> files;  // in order; not empty unless the log is
  uint32_t segment_blocks = 0;          // as their blocks say; where none does, what the size of the first one allows

  [[nodiscard]] bool empty() const;
  [[nodiscard]] uint64_t segment_bytes() const { return uint64_t{segment_blocks} * kAuditBlockBytes; }
};

// A segment that is open for writing.
struct AuditSegment {
  uint64_t number = 0;
  uint64_t salt = 0;  // drawn when the segment is prepared; of one that was there already in its blocks
  UniqueFd fd;
  bool direct = false;  // opened with O_DIRECT
};

// Number 1 is the log's own path.
[[nodiscard]] std::string audit_segment_path(const std::string& log, uint64_t number);
// 0 when the file is no later segment of any log.
[[nodiscard]] uint64_t audit_segment_number(const std::string& path);

// Segments that were moved out of the way below a checkpoint lie there, under their own names.
[[nodiscard]] std::string audit_archive_folder(const std::string& log);

enum class AuditArchive : uint8_t { kLeftOut, kJoined };  // what was archived

// The segments of the log at `path`. A folder stands for the audit.log in it, a later segment for itself alone.
[[nodiscard]] Result<AuditSegments> find_audit_segments(const std::string& path,
                                                        AuditArchive archive = AuditArchive::kLeftOut);

// The head of that segment, if it is intact.
[[nodiscard]] std::optional<AuditBlockHeader> intact_audit_head(const AuditSegmentFile& file, uint32_t segment_blocks);

// Where reading may begin when a snapshot holds everything up to `snapshot_sequence`: the place in `segments.files` of
// the last one with an intact head that begins at or before what comes next, with `read_bytes_min` from there on.
[[nodiscard]] size_t find_audit_start(const AuditSegments& segments, uint64_t snapshot_sequence,
                                      uint64_t read_bytes_min);

// Reads the segments from place `from` on through `scanner`, which has been fed nothing yet.
[[nodiscard]] Result<AuditScan> scan_audit_segments(const AuditSegments& segments, size_t from, AuditScanner& scanner);

// Under another name first: the log's name appears with a complete block 0 or not at all.
[[nodiscard]] Status create_audit_log(const AuditLogOptions& options);

// A new segment behind the last one. Under kPowerLoss its place on the device is taken and its name durable.
[[nodiscard]] Result<AuditSegment> create_audit_segment(const AuditLogOptions& options, uint64_t number,
                                                        uint64_t segment_bytes);
// One that is there; its place on the device is taken as well.
[[nodiscard]] Result<AuditSegment> open_audit_segment(const AuditLogOptions& options, uint64_t number,
                                                      uint64_t segment_bytes);

// fsync of the folder that holds `path`: makes a new name durable.
[[nodiscard]] Status sync_folder_of(const std::string& path);
// fsync of every segment of the log, and of its folder.
[[nodiscard]] Status sync_audit_log(const std::string& path);
[[nodiscard]] Status sync_audit_fd(int fd, const std::string& path);

// Fills the buffer unless the file ends first.
[[nodiscard]] Result<size_t> read_fully(int fd, std::span<std::byte> buffer, uint64_t offset);

}  // namespace crashwright::postmortem
