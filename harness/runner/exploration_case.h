// A case that explores power losses: the program runs once on the power-loss file system, then its checker judges what
// may be left of its files, and the outcome is compared with what the scenario expects. Without a program of the
// scenario's own it is the mock engine, through its session's deaths, and its own recovery judges.
//
// What it leaves in the case folder: exploration.json; findings/<profile>-<n> with image, operations and the checker's
// words; stdout.txt of the program, and record/ (storage_record_format.md). A case that passed keeps the first alone,
// unless the run keeps all.
// Threads: one worker per case. Errors: trouble of the harness and of the checker is the outcome kError, a missing need
// kSkipped. An exploration cut short by the deadline is never PASS.
#pragma once

#include <optional>

#include "harness/report/events.h"
#include "harness/runner/case_context.h"

namespace crashwright::harness {

// `plan.exploration` is set. Emits CaseStarted, CaseNote and CaseFinished. Empty when it was interrupted.
[[nodiscard]] std::optional<CaseFinished> run_exploration_case(const Plan& plan, RunContext& run);

}  // namespace crashwright::harness
