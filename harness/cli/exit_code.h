// Exit codes of `crashwright` and which one wins. The same for every command; README and help say so too.
//
// Threads: free functions without shared state.
#pragma once

#include <span>

#include "base/result.h"
#include "harness/report/event_log.h"

namespace crashwright::harness::cli {

enum ExitCode : int {
  kExitPassed = 0,         // all passed and every fault fired
  kExitBroken = 1,         // a promise was broken
  kExitUsage = 2,          // wrong use or invalid scenario
  kExitInconclusive = 3,   // a fault did not fire, or a case was skipped
  kExitNothing = 4,        // nothing selected
  kExitJudgeFailed = 5,    // a checker program could not judge
  kExitEnvironment = 10,   // this machine lacks something
  kExitInternal = 70,      // a bug of the harness
  kExitInterrupted = 130,  // interrupted, all undone
};

struct ExitMeaning {
  ExitCode code;
  const char* text;
};
[[nodiscard]] std::span<const ExitMeaning> exit_meanings() noexcept;

[[nodiscard]] ExitCode exit_code(ErrorKind kind) noexcept;

// Of a run's cases; `skips_allowed`: skipped cases do not count against it.
[[nodiscard]] ExitCode exit_code(const OutcomeCounts& counts, bool interrupted, bool skips_allowed) noexcept;

// Prints message and remedy on standard error and gives the code.
ExitCode report_error(const Error& error);

}  // namespace crashwright::harness::cli
