#include "postmortem/audit_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "base/file.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

constexpr size_t kReadBytes = 64 * kAuditBlockBytes;

uint64_t random_salt() {
  uint64_t salt = 0;
  while (salt == 0) {
    if (::getrandom(&salt, sizeof salt, 0) != static_cast<ssize_t>(sizeof salt)) salt = 0;
  }
  return salt;
}

// Fills the buffer unless the file ends first.
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

std::optional<AuditBlock> read_block(int fd, uint64_t number) {
  AuditBlock block;
  const auto got = read_fully(fd, std::as_writable_bytes(std::span(&block, 1)), number * kAuditBlockBytes);
  if (!got || *got < sizeof block) return std::nullopt;
  return block;
}

Status sync_fd(int fd, const std::string& path) {
  if (::fsync(fd) != 0) return fail_errno(errno, "fsync " + path);
  return {};
}

// Under another name first: the log's name appears with a complete block 0 or not at all.
Status create(const std::string& path, bool power_loss) {
  AuditBlock block{};
  AuditBlockBuilder builder({.salt = random_salt()});
  builder.finish(block, AuditBlockKind::kFile, 0, 0, 0);
  const std::string temporary = path + ".new";
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "create " + temporary);
  if (auto written = write_all(fd.get(), std::as_bytes(std::span(&block, 1))); !written) {
    return fail(written.error().kind, temporary + ": " + written.error().message);
  }
  if (power_loss) {
    if (auto synced = sync_fd(fd.get(), temporary); !synced) return synced;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno(errno, "rename " + temporary);
  return power_loss ? sync_folder_of(path) : Status{};
}

// tmpfs has no O_DIRECT on older kernels; below a FUSE mount it would reach a file system that demands aligned buffers,
// which the layer in between does not pass on.
UniqueFd open_for_writing(const std::string& path, bool power_loss, bool& direct) {
  struct statfs info {};
  direct =
      power_loss && ::statfs(path.c_str(), &info) == 0 && info.f_type != FUSE_SUPER_MAGIC && info.f_type != TMPFS_MAGIC;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | (direct ? O_DIRECT : 0)));
  if (!fd && direct && errno == EINVAL) {
    direct = false;
    fd.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  }
  return fd;
}

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

// The tail is kept first and cut afterwards: a crash in between keeps it twice, which loses nothing.
Status cut_tail(int fd, const std::string& path, const AuditReadout& readout, bool power_loss) {
  auto kept = create_beside(path, readout.torn_tail_offset);
  if (!kept) return tl::unexpected(kept.error());
  std::vector<std::byte> buffer(kReadBytes);
  for (uint64_t done = 0; done < readout.torn_tail_bytes;) {
    const size_t want = std::min<uint64_t>(buffer.size(), readout.torn_tail_bytes - done);
    const auto got = read_fully(fd, std::span(buffer).first(want), readout.torn_tail_offset + done);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    if (auto put = write_all(kept->get(), std::span(buffer).first(*got)); !put) return put;
    done += *got;
  }
  if (power_loss) {
    if (auto synced = sync_fd(kept->get(), path + ".torn"); !synced) return synced;
    if (auto synced = sync_folder_of(path); !synced) return synced;
  }
  if (::ftruncate(fd, static_cast<off_t>(readout.torn_tail_offset)) != 0) return fail_errno(errno, "truncate " + path);
  return power_loss ? sync_fd(fd, path) : Status{};
}

Status settle(int fd, const std::string& path) {
  if (auto synced = sync_fd(fd, path); !synced) return synced;
  if (auto synced = sync_folder_of(path); !synced) return synced;
  // What is read next comes from the device, not from pages that a failed sync of a predecessor left as clean.
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  return {};
}

Status prepare(const std::string& path, bool power_loss) {
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (!exists && errno != ENOENT) return fail_errno(errno, "stat " + path);
  if (exists && CRASHWRIGHT_PLANTED("audit_truncated_at_restart")) {
    const UniqueFd truncated(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    info.st_size = 0;
  }
  return exists && info.st_size > 0 ? Status{} : create(path, power_loss);
}

}  // namespace

Status sync_folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + folder);
  return sync_fd(fd.get(), folder);
}

Result<AuditScan> scan_audit_file(int fd, const std::string& path, AuditScanner& scanner, uint64_t from) {
  std::vector<std::byte> buffer(kReadBytes);
  for (uint64_t offset = from;;) {
    const auto got = read_fully(fd, buffer, offset);
    if (!got) return fail(got.error().kind, path + ": " + got.error().message);
    for (size_t at = 0; at < *got; at += kAuditBlockBytes) {
      scanner.feed(std::span(buffer).subspan(at, std::min(kAuditBlockBytes, *got - at)));
    }
    offset += *got;
    if (*got < buffer.size()) break;
  }
  auto scan = scanner.finish();
  if (!scan) return fail(scan.error().kind, path + ": " + scan.error().message, scan.error().remedy);
  return scan;
}

// First sequences only grow from block to block and zeros follow the data: both ends are found by halving.
AuditBlockBuilder::Position find_audit_start(int fd, uint64_t snapshot_sequence) {
  struct stat info {};
  if (snapshot_sequence == 0 || ::fstat(fd, &info) != 0) return {};
  const uint64_t blocks = static_cast<uint64_t>(info.st_size) / kAuditBlockBytes;
  const auto file_block = read_block(fd, 0);
  if (blocks * kAuditBlockBytes <= kAuditReadBytesMin || !file_block) return {};
  const uint64_t salt = file_block->header.salt;
  const auto beyond = [&](uint64_t number, uint64_t sequence) {
    const auto block = read_block(fd, number);
    return !block || check_block(*block, number, salt) != AuditBlockState::kIntact ||
           block->header.first_sequence > sequence;
  };
  const auto last_not_beyond = [&](uint64_t sequence) {
    uint64_t low = 0;
    for (uint64_t high = blocks; high - low > 1;) {
      const uint64_t middle = low + (high - low) / 2;
      (beyond(middle, sequence) ? high : low) = middle;
    }
    return low;
  };
  const uint64_t end = last_not_beyond(~uint64_t{0}) + 1;
  const uint64_t at_least = end - std::min(end, kAuditReadBytesMin / kAuditBlockBytes);
  const uint64_t start = std::min(last_not_beyond(snapshot_sequence), at_least);
  const auto before = start == 0 ? std::nullopt : read_block(fd, start - 1);
  if (!before || check_block(*before, start - 1, salt) != AuditBlockState::kIntact) return {};
  return AuditBlockBuilder::behind(before->header);
}

Result<AuditScan> scan_from_snapshot(int fd, const std::string& path, uint64_t snapshot_sequence) {
  AuditScanner scanner;
  const AuditBlockBuilder::Position start = find_audit_start(fd, snapshot_sequence);
  if (start.next_block > 0) scanner.begin_at(start);
  return scan_audit_file(fd, path, scanner, start.next_block * kAuditBlockBytes);
}

Result<AuditFile> open_audit_file(const AuditLogOptions& options) {
  const bool power_loss = options.durability == Durability::kPowerLoss;
  const std::string& path = options.path;
  if (auto ready = prepare(path, power_loss); !ready) return tl::unexpected(ready.error());
  AuditFile file;
  {
    // Reading and cutting go through the page cache: a torn tail need not be aligned.
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open " + path);
    if (power_loss) {
      if (auto settled = settle(fd.get(), path); !settled) return tl::unexpected(settled.error());
    }
    auto scan = scan_from_snapshot(fd.get(), path, options.snapshot_sequence);
    if (!scan) return tl::unexpected(scan.error());
    file.scan = std::move(*scan);
    if (CRASHWRIGHT_PLANTED("audit_sequence_skips_at_restart") && file.scan.position.next_sequence > 1) {
      ++file.scan.position.next_sequence;
    }
    const AuditReadout& readout = file.scan.readout;
    if (!readout.damage.empty()) return tl::unexpected(refuse_damage(path, readout).error());
    if (readout.torn_tail_bytes > 0) {
      if (auto cut = cut_tail(fd.get(), path, readout, power_loss); !cut) return tl::unexpected(cut.error());
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, "stat " + path);
    file.size = static_cast<uint64_t>(info.st_size);
  }
  file.fd = open_for_writing(path, power_loss, file.direct);
  if (!file.fd) return fail_errno(errno, "open " + path);
  return file;
}

}  // namespace crashwright::postmortem
