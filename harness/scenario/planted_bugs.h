// The list of planted bugs and who must catch each: scenarios/planted_bugs.yaml.
//
//   - bug: no_fsync
//     what: audit log and state are never synced
//     caught_by: [audit_replay]
//     scenarios: [power loss after a send]
//
// Threads: free functions without shared state. Errors: diagnostics, as for scenarios (loader.h).
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/diagnostic.h"

namespace crashwright::harness {

struct PlantedBug {
  std::string name;                    // --planted-bug of the engine, or classifier_by_substring
  std::string what;                    // one line
  std::vector<std::string> caught_by;  // promises, one of which must break
  std::vector<std::string> scenarios;  // names of scenarios, or their files relative to the list
  SourcePosition position;
};

struct PlantedBugs {
  std::vector<PlantedBug> bugs;
  std::vector<Diagnostic> diagnostics;
};

// The bug that sits in the harness: the autopsy of the common tutorial code.
inline constexpr const char* kHarnessBug = "classifier_by_substring";

[[nodiscard]] PlantedBugs load_planted_bugs(const std::string& path);
[[nodiscard]] PlantedBugs load_planted_bugs_text(const std::string& path, const std::string& text);

}  // namespace crashwright::harness
