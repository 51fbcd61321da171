// The programs that scenarios with an engine of their own name, looked for before anything runs.
//
// Of a scenario whose `engine.needs` are not all there nothing is said: it will be SKIPPED.
// Threads: the main thread. Errors: diagnostics at the place of the program's name.
#pragma once

#include <vector>

#include "harness/scenario/diagnostic.h"
#include "harness/scenario/scenario.h"

namespace crashwright::harness::cli {

[[nodiscard]] std::vector<Diagnostic> find_missing_programs(const std::vector<Scenario>& scenarios);

}  // namespace crashwright::harness::cli
