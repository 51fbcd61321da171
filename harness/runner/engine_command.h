// Command line and environment of the programs that a case starts.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

struct EngineCommand {
  std::string program;
  std::string data;       // --data
  std::string folder;     // --postmortem and working folder; a sanitizer's report goes there too
  std::string exchange;   // HOST:PORT
  std::string drop_copy;  // the exchange's, for sessions that compare with it; empty: they do not
  uint32_t incarnation = 0;
  bool recover_only = false;
  bool planted_bugs = true;  // those of the plan; false: the golden run, which is without fault
};

// How long the watchdog of that process lets a thread stand still, in milliseconds: what the session says, else one
// second where a hang is planned and has to be waited for, and five where none is, because a thread that stands still
// there only waits for a busy processor or disk.
[[nodiscard]] uint64_t stall_after_ms(const Plan& plan, const EngineCommand& command);

[[nodiscard]] std::vector<std::string> engine_arguments(const Plan& plan, const EngineCommand& command);

// Writes the file of limits that a session's engine is given into its folder; nothing for one that has the defaults or
// whose file is to be missing.
[[nodiscard]] Status write_limits(const Plan& plan, const std::string& folder);

// Sanitizer options and the like, in the form of ChildOptions::environment.
[[nodiscard]] std::vector<std::string> engine_environment(Build build, const std::string& folder);

// Without --dir and --port.
[[nodiscard]] std::vector<std::string> exchange_arguments(const ExchangeBehaviour& behaviour);

}  // namespace crashwright::harness
