// The whole flow of one case: folders, exchange, golden run, incarnations until one finishes or refuses, recovery twice
// from what each death left, the autopsy and the verdicts, and the folder as its readers expect it.
//
// Threads: one worker per case, from start to end (the children die with their thread). Errors: trouble of the harness
// is the outcome kError of the case, a missing need kSkipped.
#pragma once

#include <optional>

#include "harness/report/events.h"
#include "harness/runner/case_context.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

// Emits CaseStarted, CaseNote and CaseFinished. Empty when it was interrupted: then nothing of it runs any more, and no
// verdict is given.
[[nodiscard]] std::optional<CaseFinished> run_case(const Plan& plan, RunContext& run);

}  // namespace crashwright::harness
