// What a start cut off as a torn tail is evidence: the folder that it worked in must hold it.
//
// A start that died before it cut left the tail where it was, and owes nothing yet.
// Threads: pure over a case folder. Errors: none; a log that cannot be read is the finding of others.
#pragma once

#include "rca/facts.h"
#include "verifiers/case_view.h"
#include "verifiers/verifier.h"

namespace crashwright::verifiers {

// Of two incarnations, one behind the other: the tail that `death` left against what `next` made of it.
void check_tail_kept(const CaseView& view, const rca::ProcessFacts& death, const rca::ProcessFacts& next,
                     Findings& findings);

}  // namespace crashwright::verifiers
