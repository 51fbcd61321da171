// What the crash handler may call: raw system calls and copies that no sanitizer intercepts.
//
// A sanitizer's interceptors of memcpy, write or clock_gettime check the memory they are given, and the stack of a
// process that is dying would trip them; so the handler's files are compiled without sanitizers and use only these.
// Threads: any. Signal context: yes, that is what they are for. Errors: the system call's value, negative on failure.
#pragma once

#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace crashwright::postmortem::signal_safe {

inline constexpr size_t kKernelSignalSetBytes = 8;
inline constexpr uint64_t kAllSignals = ~uint64_t{0};

// The kernel's struct sigaction on x86-64 (not glibc's).
struct KernelAction {
  void* handler;
  uint64_t flags;
  void* restorer;
  uint64_t mask;
};

inline uint64_t signal_bit(int signal) noexcept { return uint64_t{1} << (signal - 1); }

inline void copy_bytes(void* to, const void* from, size_t size) noexcept {
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

inline void zero_bytes(void* to, size_t size) noexcept {
  asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(0) : "memory");
}

// Cuts at `capacity - 1` and terminates; returns the length.
inline size_t copy_text(char* to, size_t capacity, const char* from) noexcept {
  size_t size = 0;
  if (from != nullptr) {
    for (; size + 1 < capacity; ++size) {
      const char c = static_cast<const volatile char*>(from)[size];
      if (c == '\0') break;
      to[size] = c;
    }
  }
  zero_bytes(to + size, capacity - size);
  return size;
}

inline uint64_t clock_ns(clockid_t id) noexcept {
  timespec now{};
  ::syscall(SYS_clock_gettime, id, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(now.tv_nsec);
}

inline uint32_t thread_id() noexcept { return static_cast<uint32_t>(::syscall(SYS_gettid)); }
inline uint32_t process_id() noexcept { return static_cast<uint32_t>(::syscall(SYS_getpid)); }

inline long set_action(int signal, const KernelAction* action, KernelAction* old) noexcept {
  return ::syscall(SYS_rt_sigaction, signal, action, old, kKernelSignalSetBytes);
}

inline void set_default_action(int signal) noexcept {
  const KernelAction action{};  // SIG_DFL is the null handler
  set_action(signal, &action, nullptr);
}

// A handler inherits the flags of what it interrupts; with the alignment check on (AC, Intel SDM vol. 1, 3.4.3)
// its own unaligned accesses would end in SIGBUS.
inline void clear_alignment_check() noexcept {
#if defined(__x86_64__)
  constexpr unsigned long long kAlignmentCheck = 1ULL << 18;
  __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~kAlignmentCheck);
#endif
}

// `how` is SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK.
inline void set_mask(int how, uint64_t mask) noexcept {
  ::syscall(SYS_rt_sigprocmask, how, &mask, nullptr, kKernelSignalSetBytes);
}

inline void write_text(int fd, const char* text, size_t size) noexcept {
  if (::syscall(SYS_write, fd, text, size) < 0) return;
}

}  // namespace crashwright::postmortem::signal_safe
