#include "postmortem/audit_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "postmortem/audit_segment_reader.h"
#include "postmortem/audit_tail.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

Status refuse_damage(const std::string& path, const AuditReadout& readout) {
  const AuditDamage& first = readout.damage.front();
  std::string message = "audit log " + path + ": damage at offset " + std::to_string(first.offset) + ", " +
                        std::to_string(first.size) + " bytes: " + first.reason;
  if (first.last_sequence != 0) {
    message += "; sequences " + std::to_string(first.first_sequence) + " to " + std::to_string(first.last_sequence) +
               " are lost or in doubt";
  }
  if (readout.damage.size() > 1) {
    message += "; " + std::to_string(readout.damage.size() - 1) + " more damaged places";
  }
  return fail(ErrorKind::kCorrupt, message, "restore the log from a copy; nothing was changed");
}

// Nothing is written before this is sure: a log that is put back later must find its place empty.
Status refuse_lost(const std::string& path, uint64_t last_sequence, uint64_t snapshot_sequence) {
  if (last_sequence >= snapshot_sequence || CRASHWRIGHT_PLANTED("replay_hard_coded_path")) return {};
  return fail(ErrorKind::kCorrupt,
              "the state snapshot holds audit sequence " + std::to_string(snapshot_sequence) + ", the audit log " +
                  path + (last_sequence == 0 ? " holds none" : " ends at " + std::to_string(last_sequence)) +
                  ": acknowledged records are missing",
              "bring the log back; nothing was changed");
}

// Segments that were archived are missed only when no snapshot holds what was in them.
Status refuse_missing(const std::string& path, const AuditReadout& readout, uint64_t snapshot_sequence) {
  if (auto whole = refuse_lost(path, readout.last_sequence, snapshot_sequence); !whole) return whole;
  if (readout.first_sequence <= snapshot_sequence + 1) return {};
  return fail(ErrorKind::kCorrupt,
              "audit log " + path + " begins at sequence " + std::to_string(readout.first_sequence) +
                  ": the segments with sequences " + std::to_string(snapshot_sequence + 1) + " to " +
                  std::to_string(readout.first_sequence - 1) + " are not here, and no snapshot holds them",
              "bring the archived segments back; nothing was changed");
}

// What is read next was made durable, and comes from the device, not from pages that a failed sync of a predecessor
// left as clean.
Status settle(const AuditSegments& segments, size_t from) {
  for (size_t place = from; place < segments.files.size(); ++place) {
    const std::string& path = segments.files[place].path;
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open " + path);
    if (auto synced = sync_audit_fd(fd.get(), path); !synced) return synced;
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
  }
  return sync_folder_of(segments.log);
}

void truncate_for_a_planted_bug(const AuditSegments& segments) {
  for (const AuditSegmentFile& file : segments.files) {
    static_cast<void>(file.number == 1 ? ::truncate(file.path.c_str(), 0) : ::unlink(file.path.c_str()));
  }
}

Result<AuditSegments> prepare(const AuditLogOptions& options) {
  if (audit_segment_number(options.path) != 0) {
    return fail(ErrorKind::kUsage, options.path + " is the name of a later segment, not of an audit log",
                "choose a name that does not end in .seg- and digits");
  }
  auto segments = find_audit_segments(options.path);
  if (!segments) return segments;
  if (CRASHWRIGHT_PLANTED("audit_truncated_at_restart") && !segments->files.empty()) {
    truncate_for_a_planted_bug(*segments);
    segments = find_audit_segments(options.path);
  }
  if (!segments || !segments->empty()) return segments;
  if (auto there = refuse_lost(options.path, 0, options.snapshot.sequence); !there)
    return tl::unexpected(there.error());
  if (auto created = create_audit_log(options); !created) return tl::unexpected(created.error());
  return find_audit_segments(options.path);
}

}  // namespace

Result<AuditFile> open_audit_file(const AuditLogOptions& options) {
  const auto segments = prepare(options);
  if (!segments) return tl::unexpected(segments.error());
  const size_t from = find_audit_start(*segments, options.snapshot.sequence, options.read_bytes_min);
  if (options.durability == Durability::kPowerLoss) {
    if (auto settled = settle(*segments, from); !settled) return tl::unexpected(settled.error());
  }
  AuditScanner scanner;
  auto scan = scan_audit_segments(*segments, from, scanner);
  if (!scan) return tl::unexpected(scan.error());
  AuditFile file;
  file.scan = std::move(*scan);
  if (CRASHWRIGHT_PLANTED("audit_sequence_skips_at_restart") && file.scan.position.next_sequence > 1) {
    ++file.scan.position.next_sequence;
  }
  const AuditReadout& readout = file.scan.readout;
  if (!readout.damage.empty()) return tl::unexpected(refuse_damage(options.path, readout).error());
  if (auto own = check_audit_mark(readout, options.snapshot, options.path); !own) return tl::unexpected(own.error());
  if (auto whole = refuse_missing(options.path, readout, options.snapshot.sequence); !whole) {
    return tl::unexpected(whole.error());
  }
  if (auto cut = cut_audit_log(options, *segments, readout); !cut) return tl::unexpected(cut.error());
  const uint64_t last = (file.scan.position.next_block - 1) / segments->segment_blocks + 1;
  auto segment = open_audit_segment(options, last, segments->segment_bytes());
  if (!segment) return tl::unexpected(segment.error());
  file.segment = std::move(*segment);
  return file;
}

}  // namespace crashwright::postmortem
