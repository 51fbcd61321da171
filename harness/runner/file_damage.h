// What the harness does to a file between a death and the restart: bit rot, a truncated, missing or stale file, one of
// a later release.
//
// Threads: the worker of the case, while no engine runs. Errors: kUsage when there is nothing to damage.
#pragma once

#include <string>

#include "base/result.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

// `fault` is one at rest. `data` is the data folder, `earlier` the copy of it as the death before this one left it.
// Returns what was done.
[[nodiscard]] Result<std::string> damage_file(const FaultPlan& fault, const std::string& data,
                                              const std::string& earlier);

}  // namespace crashwright::harness
