// Writes the ELF core of a process from outside, through ptrace: of one that hangs, is stopped, or is about to die
// where the kernel's own core cannot be had.
//
// The file holds what the kernel's core holds (core(5), default filter): NT_PRSTATUS and NT_FPREGSET of every thread,
// the blamed one first, NT_PRPSINFO, NT_SIGINFO, NT_AUXV, NT_FILE, and a PT_LOAD for every mapping; untouched memory is
// a hole.
// Threads: the calling thread becomes the tracer while it works. Errors: kEnvironment when tracing is denied; a thread
//          that cannot be stopped (uninterruptible sleep) is left out, not an error.
// The process is left as it was: running, stopped, or in the stop that the caller keeps it in.
#pragma once

#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::harness {

// Stops all threads of a process that nobody traces, writes its core to `path`, lets them go.
[[nodiscard]] Status write_core_from_outside(int32_t pid, const std::string& path);

// For a tracer that holds all `tids` in a ptrace stop. The first is the one to blame; `info` is its signal, or null.
[[nodiscard]] Status write_core_of_stopped(int32_t pid, const std::vector<int32_t>& tids, const siginfo_t* info,
                                           const std::string& path);

// Consumes the ends of threads that could not be let go because they did not stop: without that the process would never
// count as ended for its parent. Harmless at any time, on the thread that traced.
void reap_traced_threads(int32_t pid);

// All threads of a process as /proc/PID/task lists them.
[[nodiscard]] std::vector<int32_t> list_threads(int32_t pid);

}  // namespace crashwright::harness
