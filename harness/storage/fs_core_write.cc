// The content of files: opening, reading, writing, and what storage faults do to a write.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "harness/storage/fs_core.h"

namespace crashwright::harness {
namespace {

using postmortem::FaultAction;

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kCopyBytesMax = 1 << 20;
constexpr std::chrono::milliseconds kKillPatience{3000};

int64_t pwrite_all(int fd, std::span<const std::byte> data, uint64_t offset) {
  for (;;) {
    const ssize_t put = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (put >= 0 || errno != EINTR) return put < 0 ? -errno : put;
  }
}

}  // namespace

int StorageCore::open(const Caller& caller, NodeId id, bool truncated, bool direct, ServedNode*& opened) {
  const std::lock_guard guard(lock_);
  ServedNode* const node = nodes_.find(id);
  if (node == nullptr) return -ENOENT;
  if (power_lost_) return -EIO;
  if (!node->fd) {
    const std::string path = real(*node);
    node->fd.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!node->fd && (errno == EACCES || errno == EROFS)) {
      node->fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    }
    if (!node->fd) return -errno;
  }
  ++node->opens;
  opened = node;
  node->direct = node->direct || direct;
  const int result = truncated ? resize(caller, *node, 0) : 0;
  if (result < 0 && --node->opens == 0) node->fd.reset();
  return result;
}

void StorageCore::close(ServedNode& node) {
  const std::lock_guard guard(lock_);
  if (--node.opens > 0) return;
  let_held_go(node, false);
  node.fd.reset();
  nodes_.drop_if_unused(node);
}

int64_t StorageCore::read(ServedNode& node, uint64_t offset, std::span<std::byte> into) {
  if (power_lost_) return -EIO;
  if (held_count_.load(std::memory_order_acquire) > 0) {
    const std::lock_guard guard(lock_);
    let_held_go(node, false);
  }
  const ssize_t got = ::pread(node.fd.get(), into.data(), into.size(), static_cast<off_t>(offset));
  return got < 0 ? -errno : got;
}

int64_t StorageCore::write(const Caller& caller, ServedNode& node, const FileWrite& write) {
  const std::lock_guard guard(lock_);
  std::erase(node.implied_syncs, caller.tid);
  if (power_lost_) return -EIO;
  if (!gate_.idle()) {
    if (const auto lost = gate_.power_loss()) lose_power(*lost);
    FaultSite here = site(OperationClass::kWrite, node);
    here.offset = write.offset;
    here.size = write.data.size();
    here.zeros = std::all_of(write.data.begin(), write.data.end(), [](auto byte) { return byte == decltype(byte){}; });
    if (const auto met = gate_.meet(here)) return write_met(caller, node, write, *met);
  }
  forget_faults_of_earlier_starts();
  if (read_only_) return -EROFS;
  const int64_t result = put(caller, node, write, 0);
  if (result <= 0 || !write.synchronous) return result;
  if (!gate_.idle()) {
    if (const auto met = gate_.meet(site(OperationClass::kSync, node))) {
      const int failed = sync_met(caller, node, *met);
      if (failed < 0) return failed;
    }
  }
  finish_synchronous(caller, node, write, static_cast<uint64_t>(result));
  return result;
}

// The kernel writes pages back in one request where they are neighbours; each is a change of its own.
int64_t StorageCore::put_pages(const Caller& caller, ServedNode& node, const FileWrite& write, uint8_t flags) {
  int64_t done = 0;
  FileWrite page = write;
  for (size_t begin = 0; begin < write.data.size(); begin += page.data.size()) {
    page.offset = write.offset + begin;
    page.data =
        write.data.subspan(begin, std::min<size_t>(kPageBytes - page.offset % kPageBytes, write.data.size() - begin));
    const int64_t result = put(caller, node, page, flags);
    if (result < 0) return done > 0 ? done : result;
    done += result;
    if (static_cast<size_t>(result) < page.data.size()) break;
  }
  return done;
}

// Applies and records the write as it is.
int64_t StorageCore::put(const Caller& caller, ServedNode& node, const FileWrite& write, uint8_t flags) {
  const bool one_page = write.offset % kPageBytes + write.data.size() <= kPageBytes;
  if (write.from_mapping && !one_page) return put_pages(caller, node, write, flags);
  Operation made = operation(OperationKind::kWrite, caller, node);
  made.flags = static_cast<uint8_t>(flags | (write.from_mapping ? kFromMapping : 0) |
                                    (write.synchronous ? kSynchronous : 0) | (write.uncached ? kDirect : 0));
  if (write.from_mapping && stacks_ && made.place == 0 && stores_before_ != 0) {
    made.place = stacks_->place(callers_.process_of(stores_before_), stores_before_);
  }
  made.offset = write.offset;
  made.data = write.data;
  if (!writer_->prepare(made)) return -ENOSPC;
  const int64_t result = pwrite_all(node.fd.get(), write.data, write.offset);
  if (result > 0) writer_->commit(static_cast<uint64_t>(result));
  return result;
}

// The bytes of a synchronous write are durable; whatever else of the file is unsynced stays so.
void StorageCore::finish_synchronous(const Caller& caller, ServedNode& node, const FileWrite& write, uint64_t bytes) {
  Operation made = operation(OperationKind::kSyncRange, caller, node);
  if (write.with_attributes) made.flags = kWithAttributes;
  made.offset = write.offset;
  made.size = bytes;
  if (!writer_->append(made)) return;
  if (!write.direct) node.implied_syncs.push_back(caller.tid);
}

int64_t StorageCore::write_met(const Caller& caller, ServedNode& node, const FileWrite& write, const MetFault& fault) {
  const auto answered = [&](int error) {
    gate_.confirm(fault, error);
    return -error;
  };
  switch (fault.action) {
    case FaultAction::kEnospc:
      return answered(ENOSPC);
    case FaultAction::kEioWrite:
      return answered(EIO);
    case FaultAction::kReadOnly:
      read_only_ = true;
      return answered(EROFS);
    case FaultAction::kPowerLoss:
      return lose_power(fault) ? -EIO : put(caller, node, write, 0);
    case FaultAction::kTornWrite:
    case FaultAction::kShortWrite:
      break;
    default:
      return spoil(caller, node, write, fault);
  }
  FileWrite part = write;
  // A write that is kept as a whole would be neither torn nor short.
  const auto asked = static_cast<size_t>(std::max<int64_t>(fault.argument, 0));
  part.data = write.data.first(asked < write.data.size() ? asked : write.data.size() / 2);
  const int64_t kept = part.data.empty() ? 0 : put(caller, node, part, kByFault);
  if (fault.action == FaultAction::kTornWrite) {
    if (fault.own != nullptr) {
      cut_power(fault);
    } else {
      static_cast<void>(gate_.request_kill(fault, kKillPatience));
    }
    gate_.confirm(fault, kept);
    return -EIO;  // never seen where the writer is being killed
  }
  gate_.confirm(fault, kept);
  if (kept > 0 && write.synchronous) finish_synchronous(caller, node, part, static_cast<uint64_t>(kept));
  return kept;
}

// Faults of a device that answers "done" for a write that it did otherwise. The kernel drops its pages of the file, so
// that the next reader sees what is really there.
int64_t StorageCore::spoil(const Caller& caller, ServedNode& node, const FileWrite& write, const MetFault& fault) {
  const auto size = static_cast<int64_t>(write.data.size());
  if (fault.action == FaultAction::kReorderedWrite) {
    held_.push_back({caller, node.id, write.offset, {write.data.begin(), write.data.end()}, fault});
    held_count_.store(held_.size(), std::memory_order_release);
    const int64_t grown = grow_to(caller, node, write);
    return grown < 0 ? grown : size;
  }
  std::vector<std::byte> changed(write.data.begin(), write.data.end());
  FileWrite other = write;
  other.data = changed;
  int64_t result = 0;
  int64_t detail = size;
  if (fault.action == FaultAction::kFlippedWrite) {
    detail = size / 2;
    if (!changed.empty()) changed[changed.size() / 2] ^= std::byte{1};
    result = put(caller, node, other, kByFault);
  } else if (fault.action == FaultAction::kMisdirectedWrite) {
    const uint64_t distance = fault.argument > 0 ? static_cast<uint64_t>(fault.argument) : kPageBytes;
    other.offset = write.offset >= distance ? write.offset - distance : write.offset + distance;
    detail = static_cast<int64_t>(other.offset);
    result = put(caller, node, other, kByFault);
  }
  if (result >= 0) result = std::min<int64_t>(grow_to(caller, node, write), 0);
  if (result < 0) return result;
  gate_.confirm(fault, detail);
  if (write.synchronous) finish_synchronous(caller, node, write, write.data.size());
  if (forget_pages_) forget_pages_(node.id);
  return size;
}

// The size is metadata and grows although the data did not arrive.
int64_t StorageCore::grow_to(const Caller& caller, ServedNode& node, const FileWrite& write) {
  struct stat info {};
  if (::fstat(node.fd.get(), &info) != 0) return -errno;
  const uint64_t end = write.offset + write.data.size();
  return static_cast<uint64_t>(info.st_size) >= end ? 0 : resize(caller, node, end);
}

int64_t StorageCore::copy(const Caller& caller, ServedNode& from, uint64_t from_offset, ServedNode& to,
                          uint64_t to_offset, uint64_t size) {
  std::vector<std::byte> block(std::min(size, kCopyBytesMax));
  const int64_t got = read(from, from_offset, block);
  if (got <= 0) return got;
  FileWrite copied;
  copied.offset = to_offset;
  copied.data = std::span(block).first(static_cast<size_t>(got));
  return write(caller, to, copied);
}

int StorageCore::resize(const Caller& caller, ServedNode& node, uint64_t size) {
  if (const int refused = refuse(OperationClass::kTruncate, node); refused < 0) return refused;
  const auto change = [&] {
    const int set = node.fd ? ::ftruncate(node.fd.get(), static_cast<off_t>(size))
                            : ::truncate(real(node).c_str(), static_cast<off_t>(size));
    return set == 0 ? 0 : -errno;
  };
  // O_TRUNC of an empty file, as fopen() does it: nothing changes that could be lost.
  struct stat before {};
  if (stat_node(node, before) == 0 && static_cast<uint64_t>(before.st_size) == size) {
    const int unchanged = change();
    return unchanged < 0 ? unchanged : forget_times(caller, node);
  }
  Operation made = operation(OperationKind::kTruncate, caller, node);
  made.size = size;
  return perform(made, change);
}

int StorageCore::truncate(const Caller& caller, NodeId id, uint64_t size) {
  const std::lock_guard guard(lock_);
  ServedNode* const node = nodes_.find(id);
  if (node == nullptr) return -ENOENT;
  let_held_go(*node, false);
  return resize(caller, *node, size);
}

int StorageCore::allocate(const Caller& caller, ServedNode& node, int mode, uint64_t offset, uint64_t size) {
  constexpr int kKnown = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
  if ((mode & ~kKnown) != 0) return -EOPNOTSUPP;
  const std::lock_guard guard(lock_);
  if (const int refused = refuse(OperationClass::kWrite, node); refused < 0) return refused;
  let_held_go(node, false);
  struct stat before {};
  if (::fstat(node.fd.get(), &before) != 0) return -errno;
  const auto change = [&] {
    return ::fallocate(node.fd.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(size)) == 0 ? 0 : -errno;
  };
  Operation grown = operation(OperationKind::kAllocate, caller, node);
  grown.size = std::max<uint64_t>(static_cast<uint64_t>(before.st_size), offset + size);
  const bool grows = (mode & FALLOC_FL_KEEP_SIZE) == 0 && grown.size > static_cast<uint64_t>(before.st_size);
  if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) == 0) {
    const int result = grows ? perform(grown, change) : change();
    return result < 0 || grows ? result : forget_times(caller, node);
  }
  Operation zero = operation(OperationKind::kZero, caller, node);
  zero.offset = offset;
  zero.size = size;
  if (const int trouble = perform(zero, change); trouble < 0 || !grows) return trouble;
  return writer_->append(grown) ? 0 : -ENOSPC;
}

}  // namespace crashwright::harness
