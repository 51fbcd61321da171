// The options of `crashwright run`, and what they come to once they were checked.
//
// Threads: the main thread. Errors: kUsage, with the words that would be right.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "harness/cli/options.h"
#include "harness/cli/run_folder.h"
#include "harness/cli/selection.h"
#include "harness/cli/share.h"

namespace crashwright::harness::cli {

// As they stand on the command line.
struct RunArguments {
  Selection selection;
  RunRequest request;
  uint64_t jobs = 2;
  uint64_t repeat = 1;
  uint64_t failures_max = 0;
  std::string timeout;
  std::string duration;
  std::string format = "human";
  std::vector<std::string> planted_bugs;
  bool planted_build = false;
  bool sweep = false;
  bool names = false;
  ShareArguments share;

  void declare(Options& options);
  // Fills `request` and gives what the plans are made from.
  [[nodiscard]] Result<PlanOptions> plan_options();
};

// From --repeat to --junit: what `run` and `rerun` share.
void declare_outputs(Options& options, RunArguments& run);

// Ends the preparations: carries out, prints run.json when asked to, gives the exit code.
[[nodiscard]] int carry_out_and_print(const std::vector<Plan>& plans, const Programs& programs, RunArguments& run);

}  // namespace crashwright::harness::cli
