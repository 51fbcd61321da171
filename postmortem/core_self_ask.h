// Asks the other threads of a dying process for their registers: each is sent a signal, whose handler hands them over
// and stands still until the process is gone, so that its memory no longer changes while the core is written.
//
// Threads: the owner of the crash asks, every other thread answers. Signal context: all but install_core_ask().
// Errors:  a thread that blocks the signal is not asked; one that does not answer in time keeps what it was given.
#pragma once

#include "base/result.h"
#include "postmortem/core_self_threads.h"

namespace crashwright::postmortem::core_self {

// At install, normal context.
[[nodiscard]] Status install_core_ask();

// Asks the threads of `list` whose registers are not known, and waits for their answers.
void ask_threads(ThreadList& list, int task_fd) noexcept;

}  // namespace crashwright::postmortem::core_self
