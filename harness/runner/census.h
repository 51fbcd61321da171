// How often each fault point of the engine is passed: what a sweep is made from.
//
// take_census() runs the sweep's session uninterrupted and with a death in its middle, in each kind of session that it
// has, and reads the counters of the control block, which the harness owns.
// Threads: call from one thread. Errors: kInternal when a counted run could not be judged, or did not pass the faults
// before the one that is swept: nothing can be swept then; those of run_plans(). Leaves nothing behind.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "harness/runner/run.h"
#include "harness/scenario/sweep.h"

namespace crashwright::harness {

struct SessionCount {
  std::vector<PassageCount> passages;
  std::string broken;  // the first promise that the engine broke while it was counted; the counts stand all the same
};

// `options.folder` exists, absolute, and is used for nothing else.
[[nodiscard]] Result<SweepCensus> take_census(RunOptions options, uint64_t run_seed);

// How often each point is passed in the start of the engine that the swept fault of a scenario with `sweep:` belongs
// to, over several runs of the same seed; of the first of its builds.
[[nodiscard]] Result<SessionCount> count_for_sweep(RunOptions options, const Scenario& scenario, uint64_t run_seed);

}  // namespace crashwright::harness
