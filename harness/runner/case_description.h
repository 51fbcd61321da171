// What is written and told of a case whatever it came to: its scenario, plan and repro.sh, and who it is.
//
// Threads: the worker of the case. Errors: system errors of writing.
#pragma once

#include "harness/runner/case_context.h"

namespace crashwright::harness {

// Makes the case folder with scenario.yaml, plan.json and repro.sh.
[[nodiscard]] Status write_description(const CaseContext& context);

// Name, build, seed, folder and the command that repeats it; no verdict yet.
[[nodiscard]] CaseFinished describe_case(const CaseContext& context);

}  // namespace crashwright::harness
