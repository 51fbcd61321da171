#include "harness/runner/core_memory.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "postmortem/core_format.h"

namespace crashwright::harness {
namespace {

using postmortem::core_format::kPageBytes;

// Small enough that what was read is still in the processor's cache when it is written.
constexpr size_t kChunkBytes = 512 << 10;
constexpr uint64_t kPagesAtOnce = 64 << 10;
constexpr uint64_t kPresentOrSwapped = (uint64_t{1} << 63) | (uint64_t{1} << 62);

bool is_zero_page(const char* page, size_t size) { return page[0] == 0 && std::memcmp(page, page + 1, size - 1) == 0; }

}  // namespace

CoreMemory::CoreMemory(int32_t pid, UniqueFd memory, UniqueFd page_map, int core_fd)
    : pid_(pid),
      memory_(std::move(memory)),
      page_map_(std::move(page_map)),
      core_fd_(core_fd),
      buffer_(kChunkBytes, '\0') {}

Result<CoreMemory> CoreMemory::open(int32_t pid, int core_fd) {
  const std::string folder = "/proc/" + std::to_string(pid);
  UniqueFd memory(::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (!memory) return fail_errno(errno, "open the memory of process " + std::to_string(pid));
  // Without it every page is read, and those of zeros are found by looking at them.
  UniqueFd page_map(::open((folder + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC));
  return CoreMemory(pid, std::move(memory), std::move(page_map), core_fd);
}

size_t CoreMemory::read(uint64_t address, void* to, size_t size) const {
  const iovec local{to, size};
  const iovec remote{reinterpret_cast<void*>(address), size};
  const ssize_t got = ::process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  if (got > 0) return static_cast<size_t>(got);
  // /proc/PID/mem also reads what the process itself may not.
  const ssize_t forced = ::pread(memory_.get(), to, size, static_cast<off_t>(address));
  return forced > 0 ? static_cast<size_t>(forced) : 0;
}

Status CoreMemory::write_touched(const char* bytes, size_t size, uint64_t offset) const {
  for (size_t at = 0; at < size;) {
    size_t end = at;
    while (end < size && !is_zero_page(bytes + end, std::min<size_t>(kPageBytes, size - end))) end += kPageBytes;
    end = std::min(end, size);
    while (at < end) {
      const ssize_t put = ::pwrite(core_fd_, bytes + at, end - at, static_cast<off_t>(offset + at));
      if (put <= 0) return fail_errno(put == 0 ? ENOSPC : errno, "write the core");
      at += static_cast<size_t>(put);
    }
    at += kPageBytes;  // the page of zeros that ended the run
  }
  return {};
}

Status CoreMemory::copy_all(uint64_t address, uint64_t size, uint64_t offset) {
  for (uint64_t done = 0; done < size;) {
    const size_t got = read(address + done, buffer_.data(), std::min<uint64_t>(kChunkBytes, size - done));
    if (got == 0) {
      // A page beyond the end of a truncated file, for example.
      done += kPageBytes;
      continue;
    }
    if (auto put = write_touched(buffer_.data(), got, offset + done); !put) return put;
    done += got;
  }
  return {};
}

Status CoreMemory::copy(uint64_t address, uint64_t size, uint64_t offset, bool zero_until_touched) {
  if (!zero_until_touched || !page_map_) return copy_all(address, size, offset);
  const uint64_t pages = size / kPageBytes;
  for (uint64_t first = 0; first < pages; first += kPagesAtOnce) {
    const uint64_t count = std::min(kPagesAtOnce, pages - first);
    pages_.resize(count);
    const auto wanted = static_cast<ssize_t>(count * sizeof(uint64_t));
    const auto position = static_cast<off_t>((address / kPageBytes + first) * sizeof(uint64_t));
    if (::pread(page_map_.get(), pages_.data(), count * sizeof(uint64_t), position) != wanted) {
      std::fill(pages_.begin(), pages_.end(), kPresentOrSwapped);
    }
    for (uint64_t i = 0; i < count;) {
      uint64_t end = i;
      while (end < count && (pages_[end] & kPresentOrSwapped) != 0) ++end;
      const uint64_t at = (first + i) * kPageBytes;
      if (auto copied = copy_all(address + at, (end - i) * kPageBytes, offset + at); !copied) return copied;
      i = end + 1;
    }
  }
  return {};
}

}  // namespace crashwright::harness
