// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_stack_reader.h"

#include <errno.h>

#include "postmortem/signal_safe.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr size_t kPagesMax = 17;

// The kernel copies the set of signals before it refuses the request: a fault shows as EFAULT, and nothing changes.
bool page_is_readable(uint64_t address) noexcept {
  constexpr int kNoSuchRequest = -1;
  const uint64_t word = address & ~uint64_t{sizeof(uint64_t) - 1};
  ::syscall(SYS_rt_sigprocmask, kNoSuchRequest, word, nullptr, sizeof(uint64_t));
  return errno != EFAULT;
}

// Where the kernel may not copy for us (a seccomp filter), as far as the pages can be read.
size_t read_directly(uint64_t address, void* to, size_t size) noexcept {
  size_t done = 0;
  while (done < size && page_is_readable(address + done)) {
    const size_t in_page = kPageBytes - (address + done) % kPageBytes;
    const size_t part = in_page < size - done ? in_page : size - done;
    signal_safe::copy_bytes(static_cast<char*>(to) + done, reinterpret_cast<const void*>(address + done), part);
    done += part;
  }
  return done;
}

}  // namespace

size_t read_memory(uint64_t address, void* to, size_t size) noexcept {
  if (address < kPageBytes || size == 0) return 0;
  // One element a page: the kernel does not promise to copy a part of one.
  iovec there[kPagesMax];
  size_t pages = 0;
  size_t wanted = 0;
  for (; wanted < size && pages < kPagesMax; ++pages) {
    const uint64_t at = address + wanted;
    const size_t in_page = kPageBytes - at % kPageBytes;
    there[pages] = {reinterpret_cast<void*>(at), in_page < size - wanted ? in_page : size - wanted};
    wanted += there[pages].iov_len;
  }
  const iovec here{to, wanted};
  const long got = ::syscall(SYS_process_vm_readv, signal_safe::process_id(), &here, 1, there, pages, 0);
  if (got >= 0) return static_cast<size_t>(got);
  if (errno == EPERM || errno == ENOSYS) return read_directly(address, to, wanted);
  return 0;
}

bool StackReader::word(uint64_t address, uint64_t& value) noexcept {
  if (address % sizeof value != 0 || address < kPageBytes) return false;
  if ((address < begin_ || address + sizeof value > end_) && !load(address)) return false;
  __builtin_memcpy(&value, window_ + (address - begin_), sizeof value);
  return true;
}

bool StackReader::load(uint64_t address) noexcept {
  begin_ = end_ = 0;
  const size_t got = read_memory(address, window_, kWindowBytes);
  if (got < sizeof(uint64_t)) return false;
  begin_ = address;
  end_ = address + got;
  return true;
}

}  // namespace crashwright::postmortem
