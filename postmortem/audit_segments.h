// The files of an audit log: `audit.log`, then `audit.log.seg-000002`, `audit.log.seg-000003` and so on, all of one
// size.
//
// Threads: pure functions over the file system. Signal context: no.
// Errors:  kIo / kEnvironment with the path and the call; kCorrupt when no sense can be made of what is there.
// Missing: the first ones may be gone (archived below a checkpoint); one in the middle that is gone is damage, and
//          found as such by the scan. One at the end may be there and hold zeros only: it is filled ahead of its use.
// Strange: a segment of another log, and two files that differ and would be the same segment, are damage that names the
//          files (audit_segment_choice.h). Two that are the same are one, and AuditSegments says so.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "postmortem/audit_block.h"
#include "postmortem/audit_log.h"

namespace crashwright::postmortem {

struct AuditSegmentFile {
  uint64_t number = 0;  // from 1
  std::string path;
  uint64_t size = 0;     // bytes
  std::string unusable;  // why nothing in it counts; empty: it does
};

struct AuditSegments {
  std::string log;                      // path of the first one, that of the log
  std::vector<AuditSegmentFile> files;  // in order; not empty unless the log is
  uint32_t segment_blocks = 0;          // as their blocks say; where none does, what the size of the first one allows
  uint32_t log_id = 0;                  // as most of their heads say; 0: no head is intact
  std::vector<std::string> remarks;     // what is odd and no fault, a sentence each

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
// 0 when the file is no later segment of any log. No log may have such a name of its own (AuditLog::open() refuses it).
[[nodiscard]] uint64_t audit_segment_number(const std::string& path);

// Segments that were moved out of the way below a checkpoint lie there, under their own names.
[[nodiscard]] std::string audit_archive_folder(const std::string& log);

enum class AuditArchive : uint8_t { kLeftOut, kJoined };  // what was archived

// The segments of the log at `path`. A folder stands for the audit.log in it, a later segment for itself alone.
[[nodiscard]] Result<AuditSegments> find_audit_segments(const std::string& path,
                                                        AuditArchive archive = AuditArchive::kLeftOut);

// The head of that segment, if it is intact.
[[nodiscard]] std::optional<AuditBlockHeader> intact_audit_head(const AuditSegmentFile& file, uint32_t segment_blocks);

// Walks the blocks that the file has of its segment of `segment_bytes`, from block `skipped` of it on, until `take` is
// content; says at which block that was, or else how many there are. The last one may be cut short.
[[nodiscard]] Result<uint64_t> walk_audit_blocks(const AuditSegmentFile& file, uint64_t segment_bytes, uint64_t skipped,
                                                 const std::function<bool(std::span<const std::byte>)>& take);

// Where reading may begin when a snapshot holds everything up to `snapshot_sequence`: the place in `segments.files` of
// the last one with an intact head that begins at or before what comes next, with `read_bytes_min` from there on.
[[nodiscard]] size_t find_audit_start(const AuditSegments& segments, uint64_t snapshot_sequence,
                                      uint64_t read_bytes_min);

// The first block of the file, however it looks; none where the file is shorter.
[[nodiscard]] std::optional<AuditBlock> read_audit_head(const AuditSegmentFile& file);

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
