// What the harness does to a file between a death and the restart: bit rot, a truncated, missing, stale or foreign
// file, one of a later release.
//
// Threads: the worker of the case, while no engine runs. Errors: kUsage when there is nothing to damage.
#pragma once

#include <string>

#include "base/result.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

// Folders that a file may be put back from; they need not exist.
struct OtherData {
  std::string earlier;  // the data folder's copy as the death before this one left it
  std::string foreign;  // that of another session
};

// `fault` is one at rest. `data` is the data folder. Returns what was done.
[[nodiscard]] Result<std::string> damage_file(const FaultPlan& fault, const std::string& data, const OtherData& others);

}  // namespace crashwright::harness
