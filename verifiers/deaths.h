// How an engine process ended and how it should have, for the promises that judge what a death left.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "postmortem/control_block.h"
#include "rca/facts.h"
#include "verifiers/case_view.h"

namespace crashwright::verifiers {

// The signal that ended it, 0 when it exited.
[[nodiscard]] int ending_signal(const rca::ProcessFacts& process) noexcept;

// "SIGSEGV", "exit status 1", for messages.
[[nodiscard]] std::string describe_ending(const rca::ProcessFacts& process);

// True when no fault that ends a process fired in this start: the death is the engine's own, however well it recovers.
[[nodiscard]] bool died_unplanned(const CaseView& view, const rca::ProcessFacts& engine);

// True for the signals whose default action dumps core and which a crash handler can see (signal(7)).
[[nodiscard]] bool is_crash_signal(int signal_number) noexcept;

// True for faults that an engine thread commits itself and that must end in such a signal: everything but the ones
// carried out by the harness or the storage layer, and the out-of-memory kill, which no handler sees.
[[nodiscard]] bool must_crash(const postmortem::ArmedFault& fault) noexcept;

// True for the faults that only the watchdog can turn into a death.
[[nodiscard]] bool is_hang(const postmortem::ArmedFault& fault) noexcept;

// Whether a death on thread `tid` is this fault's; of two threads that die at once either may come first.
[[nodiscard]] bool on_its_thread(const postmortem::ArmedFault& fault, uint32_t tid) noexcept;

}  // namespace crashwright::verifiers
