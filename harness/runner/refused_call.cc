#include "harness/runner/refused_call.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>

#include <cerrno>

namespace crashwright::harness {

std::optional<Refusal> refusal_of(const ResourceLimit& limit) {
  switch (limit.resource) {
    case RLIMIT_FSIZE:
      return Refusal{EFBIG, false, limit.value};
    case RLIMIT_NOFILE:
      return Refusal{EMFILE};
    case RLIMIT_AS:
      return Refusal{ENOMEM};
    case RLIMIT_NPROC:
      return Refusal{EAGAIN, true};
    default:
      return std::nullopt;
  }
}

namespace {

bool makes_a_thread(uint64_t call) {
  return call == SYS_clone || call == SYS_clone3 || call == SYS_fork || call == SYS_vfork;
}

// Of a write that fits in part the kernel takes that part.
bool is_cut_short(int32_t tid, const user_regs_struct& registers, uint64_t file_bytes_max) {
  if (registers.orig_rax != SYS_write && registers.orig_rax != SYS_pwrite64) return false;
  if (static_cast<int64_t>(registers.rax) < 0 || registers.rax >= registers.rdx) return false;
  struct stat info {};
  const std::string file = fmt::format("/proc/{}/fd/{}", tid, registers.rdi);
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         static_cast<uint64_t>(info.st_size) >= file_bytes_max;
}

}  // namespace

std::string refused_call(int32_t tid, const Refusal& refusal) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, tid, nullptr, &registers) != 0) return {};
  // On entry the answer is not there yet: the kernel puts -ENOSYS.
  if (static_cast<int64_t>(registers.rax) == -refusal.error_number) {
    if (refusal.of_new_threads && !makes_a_thread(registers.orig_rax)) return {};
    return std::string("a call was refused with ") + ::strerrorname_np(refusal.error_number);
  }
  if (refusal.file_bytes_max == 0 || !is_cut_short(tid, registers, refusal.file_bytes_max)) return {};
  return "a write was cut short at it";
}

}  // namespace crashwright::harness
