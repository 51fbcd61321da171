// What is written once a run is over: the reports in its folder, JUnit where it was asked for, and on GitHub the
// annotations (among the console's lines) and the summary of the step.
//
// Threads: the main thread. Errors: the first thing that could not be written; the others are tried all the same.
#pragma once

#include <cstdio>
#include <string>

#include "base/result.h"

namespace crashwright::harness::cli {

struct RunOutputs {
  std::string folder;  // of the run, with its events.jsonl
  std::string junit;   // empty: in the folder alone
  std::FILE* console = nullptr;
  bool tells_github = true;  // false: failing cases are what the run is about
};

[[nodiscard]] Status write_outputs(const RunOutputs& outputs);

}  // namespace crashwright::harness::cli
