// The dying process writes its own core: the last way to one, where RLIMIT_CORE is hard zero and ptrace is denied.
//
// prepare() opens in good time what the writing needs (descriptors and scratch memory), so that it works in a process
// out of descriptors, out of address space or inside a changed root. write_own_core() then copies this process's memory
// into the file with plain write calls, straight from where it lies.
// Threads: prepare_own_core() once, at install; write_own_core() on the thread that owns the crash. It makes the others
//          hand over their registers and stand still, for good: the process can only die afterwards.
// Errors:  prepare_own_core() returns kIo / kEnvironment; write_own_core() an enumerator.
// Signal context: prepare_own_core() no, the rest yes: no allocation, no lock, no stdio.
// Format:  core_format.md
#pragma once

#include <signal.h>
#include <sys/user.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright::postmortem {

// A thread as far as it is known.
struct OwnCoreThread {
  uint32_t tid = 0;
  const greg_t* registers = nullptr;  // in the order of uc_mcontext.gregs
  const void* floating = nullptr;     // user_fpregs_struct as the kernel saved it for a signal handler; null: not known
  uint64_t fs_base = 0;               // where its thread-local storage is, for debuggers; 0: not known
};

struct OwnCoreDeath {
  const siginfo_t* info = nullptr;
  OwnCoreThread dying;                    // the first thread of the core
  const OwnCoreThread* others = nullptr;  // as far as their registers are known
  size_t other_count = 0;
};

enum class OwnCoreOutcome : uint32_t {
  kWritten = 0,
  kNotPrepared = 1,
  kNoMemoryMap = 2,  // /proc/self/smaps could not be read
  kNotCreated = 3,
  kTruncated = 4,  // no space left, or a write failed: what was written stays, and is recognised as incomplete
};

// The core will be `folder`/core.PID, written over if it exists; nothing is created before a crash.
[[nodiscard]] Status prepare_own_core(const std::string& folder);
[[nodiscard]] bool own_core_prepared() noexcept;

OwnCoreOutcome write_own_core(const OwnCoreDeath& death) noexcept;

}  // namespace crashwright::postmortem
