// Exit codes by which an engine says why it ended (`mock_engine --help`), as far as a run depends on them.
//
// Threads: any. Errors: none.
#pragma once

#include <string>

#include "base/result.h"
#include "harness/runner/process.h"

namespace crashwright::harness {

enum EngineExit : int {
  kEngineUsage = 2,         // its command line is wrong
  kEngineRefused = 3,       // damage found: it does not trade
  kEngineSealed = 4,        // a write or sync failed: nothing more is sent
  kEngineLocked = 6,        // another engine owns the data folder
  kEngineEnvironment = 10,  // this machine lacks something that it needs
};

// It never came to run, so that there is no death to judge: a wrong command line, or a want of the machine's.
[[nodiscard]] inline bool never_ran(const ChildEnd& end) {
  return end.exited_with(kEngineUsage) || end.exited_with(kEngineEnvironment);
}

// Whose fault it is that a program of ours could not do its work. The mock exchange has the same code.
[[nodiscard]] inline ErrorKind kind_of_end(const ChildEnd& end) {
  return end.exited_with(kEngineEnvironment) ? ErrorKind::kEnvironment : ErrorKind::kInternal;
}

// Why there is no death to judge; `said`: on its standard error.
[[nodiscard]] inline Error why_it_never_ran(const ChildEnd& end, const std::string& said) {
  const char* const what =
      end.exited_with(kEngineUsage) ? "the engine refused its command line" : "the engine cannot run here";
  return {kind_of_end(end), said.empty() ? what : std::string(what) + ": " + said, ""};
}

}  // namespace crashwright::harness
