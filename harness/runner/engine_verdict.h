// From what an engine of the scenario's own left after each death to the verdicts of its case.
//
//   acknowledged     witness: the lines `ack TOKEN` that the harness read while the engine lived; judged by `check`.
//                    Without any such line nothing could be missed: INCONCLUSIVE, unless the scenario says so
//   recovery         witness: the wait status of `recover`
//   state_recovery   witness: what `dump_state` says, again after a recovery of what was recovered
// and those promises of verifiers/ that ask nothing of the kit.
// Threads: pure functions. Errors: none.
#pragma once

#include <vector>

#include "harness/runner/engine_answers.h"
#include "verifiers/case_view.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {

[[nodiscard]] std::vector<verifiers::Verdict> judge_engine(const EngineAnswers& answers,
                                                           const verifiers::CaseView& view);

}  // namespace crashwright::harness
