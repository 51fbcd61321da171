// Scenario files to scenarios: every mistake at once, each with its place.
//
// A text is read through yaml_tree.h, its parts are merged in (include.h), the table of fields.h says what it may hold,
// the faults are checked against the table of kinds (harness/faults/registry.h), and a matrix is unfolded (matrix.h).
// What needs the engine, the names of fault points, is checked by check_fault_points().
// Threads: free functions without shared state. Errors: diagnostics; a file that cannot be read is one too.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/diagnostic.h"
#include "harness/scenario/scenario.h"

namespace crashwright::harness {

struct Loaded {
  std::vector<Scenario> scenarios;  // those without a diagnostic
  std::vector<Diagnostic> diagnostics;
  std::vector<Scenario>
      broken;  // the others, as far as they could be read: their fault points can be checked all the same
};

// The scenarios of one text: one, or the cells of its matrix. `path` is used in messages, and its folder is where
// `include` looks. `known_points`: of the engine (engine_points.h), for the patterns of a matrix; without them one
// stands for itself.
[[nodiscard]] Loaded load_scenario_text(const std::string& path, const std::string& text,
                                        const std::vector<std::string>& known_points = {});

// Files and folders; a folder stands for every *.yaml and *.yml below it, in order of path, except planted_bugs.yaml,
// parts (include.h), and what lies in the folder of a run or in one whose name begins with a dot. Names must be unique
// over all of them.
[[nodiscard]] Loaded load_scenarios(const std::vector<std::string>& paths,
                                    const std::vector<std::string>& known_points = {});

// Complaints about faults at points that the engine does not have. `points`: engine_points.h.
[[nodiscard]] std::vector<Diagnostic> check_fault_points(const std::vector<Scenario>& scenarios,
                                                         const std::vector<std::string>& points);

}  // namespace crashwright::harness
