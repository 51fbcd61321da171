// From what an engine of the scenario's own left after each death to the verdicts of its case.
//
//   acknowledged     witness: the lines `ack TOKEN` that the harness read while the engine lived; judged by `check`
//   recovery         witness: the wait status of `recover`
//   state_recovery   witness: what `dump_state` says, again after a recovery of what was recovered
// and those promises of verifiers/ that ask nothing of the kit.
// Threads: pure functions. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/runner/helper_program.h"
#include "harness/scenario/scenario.h"
#include "verifiers/case_view.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {

// What was asked after one death; absent: the scenario has no such program.
struct AfterDeath {
  size_t acknowledged = 0;  // tokens until then
  std::optional<HelperEnd> recovery;
  std::optional<HelperEnd> first_dump;
  std::optional<HelperEnd> second_dump;
  std::optional<HelperEnd> check;
};

[[nodiscard]] std::vector<verifiers::Verdict> judge_engine(const ForeignEngine& engine,
                                                           const std::vector<AfterDeath>& deaths,
                                                           const verifiers::CaseView& view);

}  // namespace crashwright::harness
