// Sweeps, counted on the engine and then made into scenarios: those of `crashwright run --sweep`, and what scenarios
// with `sweep:` stand for.
//
// Threads: the main thread. Errors: printed here, as an exit code.
#pragma once

#include "harness/cli/run_folder.h"
#include "harness/cli/selection.h"
#include "harness/runner/run.h"

namespace crashwright::harness::cli {

// `scenarios`, those with `sweep:` replaced by the cases that they stand for; their points are counted on the engine.
[[nodiscard]] Selected unfold_sweeps(std::vector<Scenario> scenarios, const Programs& programs,
                                     const RunRequest& request);

[[nodiscard]] Selected select_sweep(const Selection& selection, const Programs& programs, const RunRequest& request);

}  // namespace crashwright::harness::cli
