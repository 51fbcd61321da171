// The cases that a run with the same words would have, without running one: what `list` and `plan` show.
//
// Scenarios with `sweep:` stand for themselves: what they unfold into is counted on the engine when it is run. So do
// patterns of a matrix where there is no engine to ask.
// Threads: the main thread. Errors: printed here, as an exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/options.h"
#include "harness/cli/selection.h"
#include "harness/cli/share.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness::cli {

class PlannedCases {
 public:
  // Paths, filters, --case, --set, --seed, --shard, --durations, --engine, --format.
  void declare(Options& options);
  // Fills `plans()`; the exit code to end with, if any.
  [[nodiscard]] std::optional<int> load();

  [[nodiscard]] const std::vector<Plan>& plans() const { return plans_; }
  [[nodiscard]] size_t scenarios() const { return scenarios_; }
  [[nodiscard]] bool wants_json() const { return format_ == "json"; }
  // Every plan in full, as an array.
  [[nodiscard]] std::string json() const;

 private:
  Selection selection_;
  ShareArguments share_;
  PlanOptions planning_;
  std::string engine_;
  std::string format_ = "human";
  std::vector<Plan> plans_;
  size_t scenarios_ = 0;
};

}  // namespace crashwright::harness::cli
