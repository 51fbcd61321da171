// From the verdicts of a case to its outcome.
//
// Worst wins: ERROR, FAIL, INCONCLUSIVE, SKIPPED, PASS; what does not apply counts for nothing. A fault that did not
// fire, or whose effect nobody saw, makes the case INCONCLUSIVE: never green, and not red for want of the death that
// the fault should have brought either: promises about the death are set aside then. They are not where the engine
// crashed nevertheless, or where its own thread committed the fault: what then was not seen is what the engine owes.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/plan.h"
#include "rca/facts.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {

struct Judgement {
  verifiers::Outcome outcome = verifiers::Outcome::kError;
  std::string summary;  // one sentence: the verdict's reason
};

// Turns what promises about a death say of one that never came into "not applicable"; judge() relies on it.
void set_aside_unproven(const rca::CaseFacts& facts, std::vector<verifiers::Verdict>& verdicts);

[[nodiscard]] Judgement judge(const rca::CaseFacts& facts, const std::vector<verifiers::Verdict>& verdicts);

}  // namespace crashwright::harness
