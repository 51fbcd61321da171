// A case of an engine of the scenario's own that dies: started, ended by its faults, recovered, dumped, checked.
//
//   engine        runs `command` in its data folder, which is plain or on the power-loss file system
//   death         by the faults of the plan, in order; each start after the first finds what the one before left
//   after each    `recover` in what is left; `dump_state` there, and again after a recovery of what was recovered;
//                 `check` in a copy, told what was acknowledged until then
// docs/bring-your-own-engine.md is the protocol. Promises: acknowledged, recovery, state_recovery, and those of
// verifiers/ that need nothing of the kit: core_capture, rca, recovery_time, cleanliness.
// Threads: the worker of the case. Errors: those of the harness end in the verdict ERROR.
#pragma once

#include <optional>

#include "harness/runner/case_context.h"

namespace crashwright::harness {

// Empty when the run was interrupted.
[[nodiscard]] std::optional<CaseFinished> run_engine_case(const Plan& plan, RunContext& run);

}  // namespace crashwright::harness
