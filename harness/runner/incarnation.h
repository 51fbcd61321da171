// One start of the engine: spawned, watched until its end, everything it left collected.
//
// Threads: one worker. Errors: only when the engine could not be started or its remains not be secured; how it died is
// a fact, not an error.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "harness/runner/case_context.h"

namespace crashwright::harness {

enum class IncarnationEnd {
  kFinished,  // the session completed in order
  kRefused,   // it found damage and does not trade (exit status 3)
  kDied,      // anything else: start it again
};

// Appends to context.facts.processes. Leaves in <case>/inc<number>: output, core, crash record, flight recorder,
// control.bin, and data/ as the next start will find it (after a loss of power and after damage done at rest).
[[nodiscard]] Result<IncarnationEnd> run_incarnation(CaseContext& context, uint32_t number);

// Recovers twice, one after the other, from a copy of what incarnation `number` left: <case>/recovered/<number>/
// first.json and second.json with their standard errors. A recovery that fails leaves no JSON, which is for the
// verifiers to judge.
[[nodiscard]] Status recover_twice(CaseContext& context, uint32_t number);

}  // namespace crashwright::harness
