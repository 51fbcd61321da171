// The options of `crashwright run`, and what they come to once they were checked.
//
// Threads: the main thread. Errors: kUsage, with the words that would be right.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/cli/options.h"
#include "harness/cli/run_folder.h"
#include "harness/cli/selection.h"
#include "harness/scenario/shard.h"

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
  std::vector<std::string> cases;  // --case: ids
  bool planted_build = false;
  bool sweep = false;
  bool names = false;
  std::string shard;
  std::string durations;

  void declare(Options& options);
  // Fills `request` and gives what the plans are made from.
  [[nodiscard]] Result<PlanOptions> plan_options();
  // The share of the cases that is this run's, from --shard or the environment; nothing: all.
  [[nodiscard]] Result<std::optional<Shard>> chosen_shard() const;
  // How long each case took in the run that --durations names; empty without it.
  [[nodiscard]] Result<std::map<std::string, uint64_t>> earlier_durations() const;
};

// --jobs, --out, --format, --junit, --keep, --max-fail: what `run` and `rerun` share.
void declare_outputs(Options& options, RunArguments& run);

// Ends the preparations: carries out, prints run.json when asked to, gives the exit code.
[[nodiscard]] int carry_out_and_print(const std::vector<Plan>& plans, const Programs& programs, RunArguments& run);

}  // namespace crashwright::harness::cli
