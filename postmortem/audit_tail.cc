#include "postmortem/audit_tail.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

constexpr size_t kCopyBytes = 64 * kAuditBlockBytes;

Result<UniqueFd> create_beside(const std::string& path, uint64_t offset) {
  const std::string first = path + ".torn-" + std::to_string(offset);
  std::string name = first;
  for (int i = 2; i < 1000; ++i) {
    UniqueFd fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd) return fd;
    if (errno != EEXIST) return fail_errno(errno, "create " + name);
    name = first + "-" + std::to_string(i);
  }
  return fail(ErrorKind::kEnvironment, "create " + first + ": too many torn tails of that offset are kept");
}

Status write_fully(int fd, std::span<const std::byte> bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(errno, "write the torn tail");
    bytes = bytes.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return {};
}

// Copies bytes [from, until) of `file` to `to`.
Status copy_range(const AuditSegmentFile& file, uint64_t from, uint64_t until, int to, uint64_t target) {
  const UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + file.path);
  std::vector<std::byte> buffer(kCopyBytes);
  while (from < until) {
    const auto got = read_fully(fd.get(), std::span(buffer).first(std::min(until - from, kCopyBytes)), from);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    if (auto put = write_fully(to, std::span(buffer).first(*got), target); !put) return put;
    from += *got;
    target += *got;
  }
  return {};
}

Status keep_tail(const AuditLogOptions& options, const AuditSegments& segments, const AuditReadout& readout) {
  const uint64_t tail = readout.torn_tail_offset;
  const uint64_t end = tail + readout.torn_tail_bytes;
  auto kept = create_beside(options.path, tail);
  if (!kept) return tl::unexpected(kept.error());
  for (const AuditSegmentFile& file : segments.files) {
    const uint64_t begin = (file.number - 1) * segments.segment_bytes();
    const uint64_t from = std::max(tail, begin);
    const uint64_t until = std::min(end, begin + segments.segment_bytes());
    if (from >= until) continue;
    if (auto copied = copy_range(file, from - begin, until - begin, kept->get(), from - tail); !copied) return copied;
  }
  if (options.durability != Durability::kPowerLoss) return {};
  if (auto synced = sync_audit_fd(kept->get(), options.path + ".torn"); !synced) return synced;
  return sync_folder_of(options.path);
}

Status truncate(const AuditSegmentFile& file, uint64_t size, bool power_loss) {
  const UniqueFd fd(::open(file.path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + file.path);
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, "truncate " + file.path);
  return power_loss ? sync_audit_fd(fd.get(), file.path) : Status{};
}

}  // namespace

// From the end forward: what is left at any moment is a shorter tail.
Status cut_audit_log(const AuditLogOptions& options, const AuditSegments& segments, const AuditReadout& readout) {
  const bool power_loss = options.durability == Durability::kPowerLoss;
  const bool torn = readout.torn_tail_bytes > 0;
  if (torn && !CRASHWRIGHT_PLANTED("torn_tail_not_kept")) {
    if (auto kept = keep_tail(options, segments, readout); !kept) return kept;
  }
  bool removed = false;
  for (auto file = segments.files.rbegin(); file != segments.files.rend(); ++file) {
    const uint64_t begin = (file->number - 1) * segments.segment_bytes();
    if (begin < readout.torn_tail_offset || file->number == 1) {
      if (removed && power_loss) {
        if (auto synced = sync_folder_of(options.path); !synced) return synced;
      }
      const uint64_t size = readout.torn_tail_offset - begin;
      return torn && size < segments.segment_bytes() ? truncate(*file, size, power_loss) : Status{};
    }
    if (::unlink(file->path.c_str()) != 0) return fail_errno(errno, "remove " + file->path);
    removed = true;
  }
  return {};
}

}  // namespace crashwright::postmortem
