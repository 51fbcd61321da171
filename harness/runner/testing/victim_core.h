// Runs core_victim so that only one way to a core is open, for tests and the benchmark of core capture.
//
// Threads: the calling one spawns and traces. Errors: what could not be had is in `problem`.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "harness/runner/supervise.h"
#include "harness/scenario/scenario.h"

namespace crashwright::harness {

struct VictimCore {
  int32_t pid = 0;
  Supervised seen;
  std::string path;     // of the core; empty: there is none
  std::string problem;  // why it is missing or incomplete; empty: it is complete
};

// `arguments` follow the record's path: how it ends, how large it is. The core is in `folder`.
[[nodiscard]] VictimCore run_victim(const std::string& folder, CoreWay way, const std::vector<std::string>& arguments);

// A victim that hangs, left alive; spawned by the calling thread.
[[nodiscard]] std::unique_ptr<Child> start_hanging_victim(const std::string& folder,
                                                          std::vector<std::string> arguments);

}  // namespace crashwright::harness
