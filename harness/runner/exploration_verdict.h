// From what an exploration found, and what its scenario expects, to a verdict.
//
// Clean expected: any violated state is FAIL. Violated expected: no finding is FAIL, and so is one for another reason,
// or none on the profile that must show it. A checker that could not judge is ERROR, nothing to judge or a budget cut
// short by the deadline INCONCLUSIVE.
// Threads: pure functions.
#pragma once

#include "harness/report/events.h"
#include "harness/scenario/plan.h"
#include "harness/storage/explore/campaign.h"

namespace crashwright::harness {

// `cut_short`: the deadline passed before the states that were asked for had been judged.
[[nodiscard]] verifiers::Verdict judge_exploration(const ExplorationPlan& plan, const CampaignResult& result,
                                                   bool cut_short);

// One finding on one line: "E: acknowledged and lost (power lost after write of ...; lost: ...)".
[[nodiscard]] std::string finding_line(const StorageFinding& finding);

}  // namespace crashwright::harness
