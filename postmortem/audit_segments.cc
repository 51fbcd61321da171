#include "postmortem/audit_segments.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/regular_file.h"
#include "postmortem/audit_segment_choice.h"
#include "postmortem/device_wait.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

constexpr size_t kReadBytes = 64 * kAuditBlockBytes;
constexpr std::string_view kSegmentMark = ".seg-";
constexpr size_t kNumberDigits = 6;
constexpr size_t kNumberDigitsMax = 9;  // with segments of the largest size the log's offsets still fit 63 bits

template <typename Number>
Number random_number() {  // never 0
  Number number = 0;
  while (number == 0) {
    if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) number = 0;
  }
  return number;
}

// Where the file has data again, at `offset` or behind it; its end where it has none. What cannot be asked is data.
uint64_t data_behind(int fd, uint64_t offset) {
  const off_t data = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
  if (data >= 0) return static_cast<uint64_t>(data);
  struct stat info {};
  return errno == ENXIO && ::fstat(fd, &info) == 0 ? static_cast<uint64_t>(info.st_size) : offset;
}

constexpr std::array<std::byte, kAuditBlockBytes> kZeroBlock{};

// The size of the segments as the block says that stands in `file` as its `place`-th; 0 where it is not intact.
uint32_t segment_blocks_by(const AuditBlock& block, const AuditSegmentFile& file, uint64_t place, uint32_t log_id) {
  const uint64_t number = (file.number - 1) * block.header.segment_blocks + place;
  return check_block(block, number, log_id) == AuditBlockState::kIntact ? block.header.segment_blocks : 0;
}

// Every block names the size; the heads are the first places to ask.
uint32_t find_segment_blocks(const AuditSegments& segments) {
  for (const AuditSegmentFile& file : segments.files) {
    const auto head = file.unusable.empty() ? read_audit_head(file) : std::nullopt;
    const uint32_t blocks = head ? segment_blocks_by(*head, file, 0, segments.log_id) : 0;
    if (blocks != 0) return blocks;
  }
  uint32_t found = 0;
  for (const AuditSegmentFile& file : segments.files) {
    uint64_t place = 0;
    const auto walked = walk_audit_blocks(file, file.size, 0, [&](std::span<const std::byte> bytes) {
      AuditBlock block;
      if (!file.unusable.empty() || bytes.size() < sizeof block) return true;
      std::memcpy(static_cast<void*>(&block), bytes.data(), sizeof block);
      found = segment_blocks_by(block, file, place++, segments.log_id);
      return found != 0;
    });
    if (walked && found != 0) return found;
  }
  const uint64_t blocks = (segments.files.front().size + kAuditBlockBytes - 1) / kAuditBlockBytes;
  return static_cast<uint32_t>(std::clamp<uint64_t>(blocks, kAuditSegmentBlocksMin, kAuditSegmentBlocksMax));
}

Status add_file(uint64_t number, const std::string& at, std::vector<AuditSegmentFile>& files) {
  struct stat info {};
  if (::stat(at.c_str(), &info) != 0) return errno == ENOENT ? Status() : Status(fail_errno(errno, "open " + at));
  if (auto regular = expect_regular_file(at); !regular) {
    return fail(ErrorKind::kCorrupt, regular.error().message, "move it away; nothing was changed");
  }
  files.push_back({number, at, static_cast<uint64_t>(info.st_size), {}});
  return {};
}

// Every segment of a log of that path, without looking elsewhere.
Status add_files(const std::string& log, std::vector<AuditSegmentFile>& files) {
  if (auto first = add_file(1, log, files); !first) return first;
  const std::filesystem::path folder = std::filesystem::path(log).parent_path();
  const std::string name = std::filesystem::path(log).filename();
  std::error_code trouble;
  for (std::filesystem::directory_iterator at(folder.empty() ? "." : folder, trouble), end; !trouble && at != end;
       at.increment(trouble)) {
    const std::string path = folder.empty() ? at->path().filename().string() : at->path().string();
    const uint64_t number = audit_segment_number(path);
    if (number == 0 || at->path().filename() != audit_segment_path(name, number)) continue;
    if (auto added = add_file(number, path, files); !added) return added;
  }
  return {};
}

Result<std::vector<AuditSegmentFile>> list_files(const std::string& log, AuditArchive archive) {
  std::vector<AuditSegmentFile> files;
  if (auto added = add_files(log, files); !added) return tl::unexpected(added.error());
  if (archive == AuditArchive::kJoined) {
    const std::string name = std::filesystem::path(log).filename();
    if (auto added = add_files(audit_archive_folder(log) + "/" + name, files); !added) {
      return tl::unexpected(added.error());
    }
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& left, const auto& right) { return left.number < right.number; });
  return files;
}

// tmpfs has no O_DIRECT on older kernels; below a FUSE mount it would reach a file system that demands aligned buffers,
// which the layer in between does not pass on.
bool takes_direct(const AuditLogOptions& options) {
  if (options.durability != Durability::kPowerLoss) return false;
  struct statfs info {};
  const size_t slash = options.path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : options.path.substr(0, slash + 1);
  return ::statfs(folder.c_str(), &info) == 0 && info.f_type != FUSE_SUPER_MAGIC && info.f_type != TMPFS_MAGIC;
}

Result<AuditSegment> open_with(const AuditLogOptions& options, uint64_t number, int flags) {
  const std::string path = audit_segment_path(options.path, number);
  AuditSegment segment{number, 0, UniqueFd(), takes_direct(options)};
  segment.fd.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | flags | (segment.direct ? O_DIRECT : 0), 0644));
  if (!segment.fd && segment.direct && errno == EINVAL) {
    segment.direct = false;
    segment.fd.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | (flags & ~O_EXCL), 0644));
  }
  if (!segment.fd) return fail_errno(errno, ((flags & O_CREAT) != 0 ? "create " : "open ") + path);
  return segment;
}

// The file gets its size at once: a write that makes it grow would lock out the batches beside it. Where the file
// system cannot do that the zeros do it.
void take_place(const AuditSegment& segment, uint64_t segment_bytes) {
  if (segment.direct) static_cast<void>(::posix_fallocate(segment.fd.get(), 0, static_cast<off_t>(segment_bytes)));
}

}  // namespace

bool AuditSegments::empty() const {
  return std::all_of(files.begin(), files.end(), [](const AuditSegmentFile& file) { return file.size == 0; });
}

std::string audit_segment_path(const std::string& log, uint64_t number) {
  if (number <= 1) return log;
  const std::string digits = std::to_string(number);
  return log + std::string(kSegmentMark) + std::string(kNumberDigits - std::min(kNumberDigits, digits.size()), '0') +
         digits;
}

uint64_t audit_segment_number(const std::string& path) {
  const size_t mark = path.rfind(kSegmentMark);
  if (mark == std::string::npos) return 0;
  const std::string_view digits = std::string_view(path).substr(mark + kSegmentMark.size());
  if (digits.size() < kNumberDigits || digits.size() > kNumberDigitsMax) return 0;
  if (digits.size() > kNumberDigits && digits.front() == '0') return 0;
  uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && number > 1 ? number : 0;
}

std::string audit_archive_folder(const std::string& log) {
  const size_t slash = log.rfind('/');
  return (slash == std::string::npos ? "" : log.substr(0, slash + 1)) + "archive";
}

Result<AuditSegments> find_audit_segments(const std::string& path, AuditArchive archive) {
  struct stat info {};
  const bool folder = ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  AuditSegments segments;
  segments.log = folder ? std::filesystem::path(path) / "audit.log" : std::filesystem::path(path);
  if (const uint64_t number = audit_segment_number(path); number != 0 && ::stat(path.c_str(), &info) == 0) {
    if (auto added = add_file(number, path, segments.files); !added) return tl::unexpected(added.error());
  } else {
    auto files = list_files(segments.log, archive);
    if (!files) return tl::unexpected(files.error());
    segments.files = std::move(*files);
  }
  if (segments.files.empty()) return segments;
  join_duplicates(segments);
  name_strangers(segments);
  segments.segment_blocks = find_segment_blocks(segments);
  return segments;
}

std::optional<AuditBlock> read_audit_head(const AuditSegmentFile& file) {
  const UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  AuditBlock block;
  if (!fd) return std::nullopt;
  const auto got = read_fully(fd.get(), std::as_writable_bytes(std::span(&block, 1)), 0);
  if (!got || *got < sizeof block) return std::nullopt;
  return block;
}

// A hole is not read: its blocks are zeros.
Result<uint64_t> walk_audit_blocks(const AuditSegmentFile& file, uint64_t segment_bytes, uint64_t skipped,
                                   const std::function<bool(std::span<const std::byte>)>& take) {
  const UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + file.path);
  std::vector<std::byte> buffer(kReadBytes);
  uint64_t offset = skipped * kAuditBlockBytes;
  while (offset < segment_bytes) {
    for (const uint64_t data = std::min(data_behind(fd.get(), offset), segment_bytes);
         offset + kAuditBlockBytes <= data; offset += kAuditBlockBytes) {
      if (take(kZeroBlock)) return offset / kAuditBlockBytes;
    }
    const size_t want = std::min<uint64_t>(buffer.size(), segment_bytes - offset);
    const auto got = read_fully(fd.get(), std::span(buffer).first(want), offset);
    if (!got) return fail(got.error().kind, file.path + ": " + got.error().message);
    for (size_t at = 0; at < *got; at += kAuditBlockBytes) {
      const auto block = std::span(buffer).subspan(at, std::min(kAuditBlockBytes, *got - at));
      if (take(block)) return (offset + at) / kAuditBlockBytes;
    }
    offset += *got;
    if (*got < want) break;
  }
  return (offset + kAuditBlockBytes - 1) / kAuditBlockBytes;
}

std::optional<AuditBlockHeader> intact_audit_head(const AuditSegmentFile& file, uint32_t segment_blocks) {
  const auto head = read_audit_head(file);
  const uint64_t number = (file.number - 1) * segment_blocks;
  if (!head || !file.unusable.empty() || check_block(*head, number, 0) != AuditBlockState::kIntact) return std::nullopt;
  return head->header;
}

size_t find_audit_start(const AuditSegments& segments, uint64_t snapshot_sequence, uint64_t read_bytes_min) {
  if (snapshot_sequence == 0) return 0;
  uint64_t bytes = 0;
  for (size_t place = segments.files.size(); place-- > 1;) {
    bytes += segments.files[place].size;
    const auto head = intact_audit_head(segments.files[place], segments.segment_blocks);
    if (head && head->first_sequence <= snapshot_sequence + 1 && bytes >= read_bytes_min) return place;
  }
  return 0;
}

Status create_audit_log(const AuditLogOptions& options) {
  const bool power_loss = options.durability == Durability::kPowerLoss;
  const uint64_t blocks = std::max<uint64_t>(options.segment_bytes / kAuditBlockBytes, kAuditSegmentBlocksMin);
  AuditBlock block{};
  AuditBlockBuilder builder({.log_id = random_number<uint32_t>(),
                             .salt = random_number<uint64_t>(),
                             .segment_blocks = static_cast<uint32_t>(blocks)});
  builder.finish(block, AuditBlockKind::kSegment, 0, 0, 0);
  const std::string temporary = options.path + ".new";
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "create " + temporary);
  if (auto written = write_all(fd.get(), std::as_bytes(std::span(&block, 1))); !written) {
    return fail(written.error().kind, temporary + ": " + written.error().message);
  }
  if (power_loss) {
    if (auto synced = sync_audit_fd(fd.get(), temporary); !synced) return synced;
  }
  if (::rename(temporary.c_str(), options.path.c_str()) != 0) return fail_errno(errno, "rename " + temporary);
  return power_loss ? sync_folder_of(options.path) : Status{};
}

Result<AuditSegment> create_audit_segment(const AuditLogOptions& options, uint64_t number, uint64_t segment_bytes) {
  auto segment = open_with(options, number, O_CREAT | O_EXCL);
  if (segment) segment->salt = random_number<uint64_t>();
  if (!segment || options.durability != Durability::kPowerLoss) return segment;
  take_place(*segment, segment_bytes);
  if (auto synced = sync_folder_of(options.path); !synced) return tl::unexpected(synced.error());
  return segment;
}

Result<AuditSegment> open_audit_segment(const AuditLogOptions& options, uint64_t number, uint64_t segment_bytes) {
  auto segment = open_with(options, number, 0);
  if (segment) take_place(*segment, segment_bytes);
  return segment;
}

Status sync_folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + folder);
  return sync_audit_fd(fd.get(), folder);
}

Status sync_audit_log(const std::string& path) {
  const DeviceWait wait;
  const auto segments = find_audit_segments(path);
  if (!segments) return tl::unexpected(segments.error());
  for (const AuditSegmentFile& file : segments->files) {
    const UniqueFd fd(::open(file.path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open " + file.path);
    if (auto synced = sync_audit_fd(fd.get(), file.path); !synced) return synced;
  }
  return sync_folder_of(path);
}

Status sync_audit_fd(int fd, const std::string& path) {
  if (::fsync(fd) != 0) return fail_errno(errno, "fsync " + path);
  return {};
}

Result<size_t> read_fully(int fd, std::span<std::byte> buffer, uint64_t offset) {
  size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = ::pread(fd, buffer.data() + size, buffer.size() - size, static_cast<off_t>(offset + size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  return size;
}

}  // namespace crashwright::postmortem
