#include "postmortem/audit_archive.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "postmortem/audit_segments.h"
#include "postmortem/device_wait.h"
#include "postmortem/fault_point.h"

namespace crashwright::postmortem {
namespace {

Status make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno(errno, "create " + folder);
  return {};
}

// A name that is taken there is another log's, or a copy's: renaming would destroy it.
Status move_into(const std::string& folder, const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string to = folder + "/" + (slash == std::string::npos ? path : path.substr(slash + 1));
  const DeviceWait wait;
  struct stat info {};
  if (::lstat(to.c_str(), &info) == 0) {
    return fail(ErrorKind::kIo, "move " + path + ": " + to + " is there already", "take it out of the archive first");
  }
  if (std::rename(path.c_str(), to.c_str()) != 0) return fail_errno(errno, "move " + path + " to " + to);
  return {};
}

Result<AuditSegments> find_segments(const std::string& path) {
  const DeviceWait wait;
  return find_audit_segments(path);
}

// The segments in front of the first one that holds anything behind `sequence`.
size_t count_below(const AuditSegments& segments, uint64_t sequence) {
  const DeviceWait wait;
  size_t count = 0;
  while (count + 1 < segments.files.size()) {
    const auto next = intact_audit_head(segments.files[count + 1], segments.segment_blocks);
    if (!next || next->first_sequence > sequence + 1) break;
    ++count;
  }
  return count;
}

}  // namespace

Result<size_t> archive_audit_segments(const std::string& path, uint64_t sequence, Durability durability) {
  const auto segments = find_segments(path);
  if (!segments) return tl::unexpected(segments.error());
  const size_t count = count_below(*segments, sequence);
  if (count == 0) return count;
  const std::string folder = audit_archive_folder(path);
  if (auto made = make_folder(folder); !made) return tl::unexpected(made.error());
  for (size_t place = 0; place < count; ++place) {
    CRASHWRIGHT_FAULT_POINT("audit.archive_segment");
    if (auto moved = move_into(folder, segments->files[place].path); !moved) return tl::unexpected(moved.error());
  }
  if (durability != Durability::kPowerLoss) return count;
  const DeviceWait wait;
  if (auto synced = sync_folder_of(folder + "/audit.log"); !synced) return tl::unexpected(synced.error());
  if (auto synced = sync_folder_of(path); !synced) return tl::unexpected(synced.error());
  return count;
}

}  // namespace crashwright::postmortem
