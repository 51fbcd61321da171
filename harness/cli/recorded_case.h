// A case of an earlier run, planned again exactly as it was: scenario as resolved, seed, build, planted bugs, limits.
//
// Read from the case's folder: scenario.yaml and plan.json. Threads: free functions. Errors: kUsage when the folder is
// no case, or its scenario means something else to this program.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness::cli {

struct RecordedCase {
  std::string id;             // empty: as the plan says
  std::string scenario_path;  // of the file it came from; empty: none (a sweep)
  std::string scenario_text;
  PlanOptions options;
  Build build = Build::kRelease;
  uint32_t repetition = 0;
};

[[nodiscard]] Result<RecordedCase> read_recorded_case(const std::string& folder);

// How many cases of the build a scenario text has; a text with mistakes has none.
[[nodiscard]] size_t count_cases(const RecordedCase& recorded, const std::string& where);

// The plan of `recorded`, or of the same case with another scenario text. `where` is used in messages.
[[nodiscard]] Result<Plan> plan_again(const RecordedCase& recorded, const std::string& scenario_text,
                                      const std::string& where);

// What became of the file that the case came from: "has changed" or "is gone"; empty when it still gives this case, or
// cannot be held against it (a sweep). What `--set` did to a case is a change too.
// `known_points`: the engine's fault points, for the patterns of a matrix.
[[nodiscard]] std::string change_of_file(const RecordedCase& recorded, const std::vector<std::string>& known_points);

}  // namespace crashwright::harness::cli
