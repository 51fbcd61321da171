#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "postmortem/crash_handler.h"

namespace crashwright::postmortem {
namespace {

// Room for the handler, for a nested signal frame or two with the widest vector state, and for a sanitizer's report.
constexpr size_t kStackBytesMin = 256 * 1024;
constexpr size_t kSignalFrames = 8;

}  // namespace

AlternateStack::AlternateStack() noexcept {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t wanted = std::max(kStackBytesMin, kSignalFrames * static_cast<size_t>(::sysconf(_SC_SIGSTKSZ)));
  const size_t bytes = (wanted + page - 1) / page * page;
  // Populated: a process at its memory limit must not fault in its last pages.
  void* const mapping = ::mmap(nullptr, bytes + page, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_POPULATE, -1, 0);
  if (mapping == MAP_FAILED) return;
  ::mprotect(mapping, page, PROT_NONE);
  stack_t previous{};
  stack_t mine{};
  mine.ss_sp = static_cast<char*>(mapping) + page;
  mine.ss_size = bytes;
  if (::sigaltstack(&mine, &previous) != 0) {
    ::munmap(mapping, bytes + page);
    return;
  }
  mapping_ = mapping;
  mapping_bytes_ = bytes + page;
  previous_stack_ = previous.ss_sp;
  previous_bytes_ = previous.ss_size;
  previous_flags_ = previous.ss_flags;
}

AlternateStack::~AlternateStack() {
  if (mapping_ == nullptr) return;
  stack_t previous{};
  previous.ss_sp = previous_stack_;
  previous.ss_size = previous_bytes_;
  previous.ss_flags = previous_flags_ & SS_DISABLE;
  if (::sigaltstack(&previous, nullptr) == 0) ::munmap(mapping_, mapping_bytes_);
}

}  // namespace crashwright::postmortem
