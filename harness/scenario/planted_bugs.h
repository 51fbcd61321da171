// The list of planted bugs and who must catch each: scenarios/planted_bugs.yaml.
//
//   - bug: no_fsync
//     what: audit log and state are never synced
//     caught_by: [audit_replay]
//     scenarios: [power loss after a send]
//     in: harness                             # only for one that sits in the harness, not in the engine
//
// Threads: free functions without shared state. Errors: diagnostics, as for scenarios (loader.h).
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/diagnostic.h"

namespace crashwright::harness {

struct PlantedBug {
  std::string name;                    // of --planted-bug
  std::string what;                    // one line
  std::vector<std::string> caught_by;  // promises, one of which must break
  std::vector<std::string> scenarios;  // names of scenarios, or their files relative to the list
  bool in_harness = false;             // of crashwright_planted (base/harness_bug.h), else of mock_engine_planted
  SourcePosition position;
};

struct PlantedBugs {
  std::vector<PlantedBug> bugs;
  std::vector<Diagnostic> diagnostics;
};

[[nodiscard]] PlantedBugs load_planted_bugs(const std::string& path);
[[nodiscard]] PlantedBugs load_planted_bugs_text(const std::string& path, const std::string& text);

}  // namespace crashwright::harness
