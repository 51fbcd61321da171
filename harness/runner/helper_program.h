// A program of a scenario's own that does one thing and ends: recovers, dumps the state, checks.
//
// Threads: the worker of the case. Errors: kUsage when it cannot be started; how it ended is the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::harness {

struct HelperRun {
  std::vector<std::string> argv;
  std::string working_folder;
  std::string output_path;  // standard output; standard error goes to the same with .err behind
  std::vector<std::string> environment;
  std::chrono::nanoseconds patience{std::chrono::seconds(30)};
};

struct HelperEnd {
  std::string command{};  // as the scenario has it
  bool in_time = true;    // false: it was killed
  int32_t wait_status = 0;
  uint64_t ended_ns = 0;
  std::string output_path{};  // of its standard output; standard error is in the same with .err behind
  std::string output;         // what it says, the beginning of it when it is long
  std::string errors;         // its standard error, likewise

  [[nodiscard]] bool well() const;  // exit status 0, in time
  // Why it ended so, in its own words: the first line of its output, or else what standard error says. Empty: nothing.
  [[nodiscard]] std::string reason() const;
  // "exit status 3: no such order", with that reason.
  [[nodiscard]] std::string description() const;
};

[[nodiscard]] Result<HelperEnd> run_helper(const HelperRun& run);

// Takes `output` and `errors` from the files; what is not there is empty.
void read_output(HelperEnd& end);

}  // namespace crashwright::harness
