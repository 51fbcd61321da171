#include "harness/storage/file_content.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "harness/storage/storage_record.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kBlockBytes = 256 * 1024;  // at once

}  // namespace

// Cuts [begin, end) out of the pieces.
void FileContent::clear(uint64_t begin, uint64_t end) {
  if (begin >= end) return;
  auto at = pieces_.lower_bound(begin);
  if (at != pieces_.begin()) {
    const auto before = std::prev(at);
    const auto [offset, bytes] = *before;
    if (offset + bytes.size() > begin) {
      before->second = bytes.first(begin - offset);
      if (offset + bytes.size() > end) pieces_.emplace(end, bytes.subspan(end - offset));
    }
  }
  while (at != pieces_.end() && at->first < end) {
    const auto [offset, bytes] = *at;
    at = pieces_.erase(at);
    if (offset + bytes.size() > end) pieces_.emplace(end, bytes.subspan(end - offset));
  }
}

void FileContent::write(uint64_t offset, std::span<const std::byte> data) {
  if (data.empty()) return;
  clear(offset, offset + data.size());
  size_ = std::max(size_, offset + data.size());
  const auto behind = pieces_.lower_bound(offset);
  if (behind != pieces_.begin()) {
    // Bytes that were appended one after the other stand so in the record, too.
    std::span<const std::byte>& before = std::prev(behind)->second;
    const bool goes_on =
        std::prev(behind)->first + before.size() == offset && before.data() + before.size() == data.data();
    if (goes_on) {
      before = {before.data(), before.size() + data.size()};
      return;
    }
  }
  pieces_.emplace(offset, data);
}

void FileContent::zero(uint64_t offset, uint64_t size) {
  clear(std::min(offset, size_), std::min(offset + size, size_));
}

void FileContent::resize(uint64_t size) {
  clear(size, size_);
  size_ = size;
}

std::string FileContent::text() const {
  std::string all(size_, '\0');
  for (const auto& [offset, bytes] : pieces_) std::memcpy(all.data() + offset, bytes.data(), bytes.size());
  return all;
}

Status FileContent::write_to(int fd) const {
  for (const auto& [offset, bytes] : pieces_) {
    for (uint64_t done = 0; done < bytes.size();) {
      const size_t some = std::min<uint64_t>(bytes.size() - done, kBlockBytes);
      const ssize_t put = ::pwrite(fd, bytes.data() + done, some, static_cast<off_t>(offset + done));
      note_record_read(bytes.data() + done, some);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return fail_errno(put < 0 ? errno : ENOSPC, "write");
      done += static_cast<uint64_t>(put);
    }
  }
  const bool ends_in_data = !pieces_.empty() && pieces_.rbegin()->first + pieces_.rbegin()->second.size() == size_;
  if (!ends_in_data && ::ftruncate(fd, static_cast<off_t>(size_)) != 0) return fail_errno(errno, "set the size");
  return {};
}

namespace {

// Where the next bytes of the file lie that are no hole; `at` where the file system does not tell.
uint64_t next_data(int fd, uint64_t at, uint64_t size) {
  const off_t found = ::lseek(fd, static_cast<off_t>(at), SEEK_DATA);
  if (found >= 0) return static_cast<uint64_t>(found);
  return errno == ENXIO ? size : at;
}

}  // namespace

Result<bool> FileContent::equals(int fd) const {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno(errno, "stat");
  if (static_cast<uint64_t>(info.st_size) != size_) return false;
  std::vector<std::byte> block(kBlockBytes);
  std::vector<std::byte> wanted(kBlockBytes);
  auto piece = pieces_.begin();
  for (uint64_t at = 0; at < size_;) {
    // Where neither holds bytes both are zeros.
    const uint64_t next_piece = piece == pieces_.end() ? size_ : piece->first;
    if (at < next_piece) {
      if (const uint64_t next = std::min(next_piece, next_data(fd, at, size_)); next > at) {
        at = next;
        continue;
      }
    }
    const ssize_t got = ::pread(fd, block.data(), block.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0) return false;
    const uint64_t end = at + static_cast<uint64_t>(got);
    std::memset(wanted.data(), 0, static_cast<size_t>(got));
    for (auto next = piece; next != pieces_.end() && next->first < end; ++next) {
      const auto& [offset, bytes] = *next;
      const uint64_t from = std::max(offset, at);
      const uint64_t to = std::min(offset + bytes.size(), end);
      if (from < to) {
        std::memcpy(wanted.data() + (from - at), bytes.data() + (from - offset), to - from);
        note_record_read(bytes.data() + (from - offset), to - from);
      }
      if (offset + bytes.size() <= end) piece = std::next(next);
    }
    if (std::memcmp(block.data(), wanted.data(), static_cast<size_t>(got)) != 0) return false;
    at = end;
  }
  return true;
}

}  // namespace crashwright::harness
