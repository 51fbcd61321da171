// A death in the words of whoever waited for the process: a signal's number or name, an exit status.
//
// Supervisors, shells, test runners, batch systems and kernels say the same in a hundred sentences; what follows the
// sentence is one of few things, which are read here.
// Threads: any. Signal context: no. Errors: none; nullopt for what is no death.
#pragma once

#include <optional>
#include <string_view>

#include "rca/autopsy.h"

namespace crashwright::rca {

struct ToldDeath {
  const char* cause = "UNKNOWN";
  EvidenceTier tier = EvidenceTier::kMachineState;
  double strength = 0;
};

// "11", "11 (core dumped)", "SIGSEGV", "[SIGSEGV]", "<Signals.SIGSEGV: 11>", "SEGV", "Segmentation fault (11)". A
// signal that asks a process to end, such as SIGTERM, is no death.
[[nodiscard]] std::optional<ToldDeath> death_by_signal(std::string_view words);

// "139", "-11", "[134]", "0xc0000005", "-1073741819", "c0000005": a signal of a shell's or of Python's, or a status of
// Windows; a signal that is named beside it counts as one. What a program exits with by itself, up to 125, is no death.
[[nodiscard]] std::optional<ToldDeath> death_by_status(std::string_view words);

// "28", "28: No space left": a number of errno that says why a call was refused; one that says no cause is nullopt.
[[nodiscard]] std::optional<ToldDeath> cause_of_errno(std::string_view words);

}  // namespace crashwright::rca
