// The scenarios of `crashwright run --sweep`: counted on the engine, then made and filtered like those of files.
//
// Threads: the main thread. Errors: printed here, as an exit code.
#pragma once

#include "harness/cli/run_folder.h"
#include "harness/cli/selection.h"
#include "harness/runner/run.h"

namespace crashwright::harness::cli {

[[nodiscard]] Selected select_sweep(const Selection& selection, const Programs& programs, const RunRequest& request);

}  // namespace crashwright::harness::cli
