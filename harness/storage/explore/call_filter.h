// Which system calls of a program are handed over to its supervisor before they happen: a seccomp filter.
//
// Handed over are the calls that change a file, make one durable, submit to io_uring or write an acknowledgement,
// sync(2), syncfs(2), sync_file_range(2) and posix_fadvise(POSIX_FADV_DONTNEED), and the mapping of a file as shared
// memory. All others pass the filter untouched; so does every call of a program of another machine type.
// Threads: none. Errors: a kernel that refuses the filter gives no listener.
// Signal context: only system calls, may run between fork and exec.
#pragma once

namespace crashwright::harness {

// Puts the calling process, and all that it starts, under the filter; the listener's descriptor, -1 where the kernel
// refuses.
[[nodiscard]] int install_call_filter() noexcept;

}  // namespace crashwright::harness
