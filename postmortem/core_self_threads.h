// The threads of a dying process as its own core notes them.
//
// Threads: one at a time. Signal context: yes. Errors: a thread whose registers cannot be had is noted without them.
#pragma once

#include <sys/procfs.h>
#include <sys/user.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "postmortem/core_self_writer.h"

namespace crashwright::postmortem::core_self {

inline constexpr size_t kThreadsMax = 4096;

struct ThreadNotes {
  enum class State : uint32_t {
    kUnknown,
    kAsked,  // and has not answered
    kKnown,
  };

  uint32_t tid;
  std::atomic<State> state;
  user_regs_struct registers;
  const void* floating;  // user_fpregs_struct, as the kernel saved it on the signal stack; null: not known
};

struct ThreadList {
  size_t count;
  ThreadNotes notes[kThreadsMax];
  char directory[16 << 10];
};

// The dying thread first, then those whose registers are given, then those that `task_fd` (/proc/self/task) lists
// besides, which are asked (core_self_ask.h) or at least looked at from outside.
void list_threads(const OwnCoreDeath& death, int task_fd, ThreadList& list) noexcept;

void take_registers(const OwnCoreThread& from, ThreadNotes& to) noexcept;

void fill_status(elf_prstatus& status, const ThreadNotes& thread, const siginfo_t* info) noexcept;

}  // namespace crashwright::postmortem::core_self
