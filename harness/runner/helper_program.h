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
  bool in_time = true;  // false: it was killed
  int32_t wait_status = 0;
  uint64_t ended_ns = 0;
  std::string output;  // its standard output, the beginning of it when it is long

  [[nodiscard]] bool well() const;  // exit status 0, in time
  // "exit status 3: no such order", with the first line that it said.
  [[nodiscard]] std::string description() const;
  std::string complaint;  // first line of its standard error
};

[[nodiscard]] Result<HelperEnd> run_helper(const HelperRun& run);

}  // namespace crashwright::harness
