// Closes ways to a core for the calling process and its children, for good: how a case shows that the next way works.
//
// Threads: the calling one, which should be alone (between fork and exec). Errors: false, with errno set.
// Signal context: yes, only system calls.
#pragma once

namespace crashwright::harness {

// Soft and hard RLIMIT_CORE below the size of any core.
[[nodiscard]] bool forbid_kernel_core() noexcept;

// A seccomp filter answers ptrace, process_vm_readv and process_vm_writev with EPERM, as containers do.
[[nodiscard]] bool forbid_ptrace() noexcept;

}  // namespace crashwright::harness
