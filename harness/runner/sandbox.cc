#include "harness/runner/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

namespace crashwright::harness {

bool forbid_kernel_core() noexcept {
  // One byte holds no core either, and unlike zero it also keeps the program of a core_pattern from being started.
  const rlimit none{1, 1};
  return ::setrlimit(RLIMIT_CORE, &none) == 0;
}

bool forbid_ptrace() noexcept {
  constexpr auto kNumberAt = static_cast<unsigned>(offsetof(seccomp_data, nr));
  constexpr auto kArchitectureAt = static_cast<unsigned>(offsetof(seccomp_data, arch));
  constexpr unsigned kRefuse = SECCOMP_RET_ERRNO | EPERM;
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArchitectureAt),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumberAt),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, kRefuse),
  };
  const sock_fprog filter{static_cast<unsigned short>(sizeof program / sizeof program[0]), program};
  // An unprivileged process may only install a filter that its children cannot escape by a set-user-ID program.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace crashwright::harness
