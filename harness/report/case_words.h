// What is said of a case in the same words everywhere: on the console, in JUnit, annotations, Markdown and the page.
//
// Threads: pure functions. Errors: none. Nothing here is escaped.
#pragma once

#include <string>
#include <vector>

#include "harness/report/events.h"

namespace crashwright::harness {

// "NULL_DEREF in OrderGateway::send"; empty without an autopsy.
[[nodiscard]] std::string cause_in_words(const CaseFinished& done);

// The promises that were not kept, or could not be judged: the one that the summary tells first. That the stack does
// not reach the expected function is left out where rca says which one it should be.
[[nodiscard]] std::vector<verifiers::Verdict> broken_verdicts(const CaseFinished& done);

// What was seen instead of a fault that waited in vain, or of its effect, and what to change about it; empty: every one
// was confirmed, or nothing more is known.
[[nodiscard]] std::string unfired_advice(const CaseFinished& done);

}  // namespace crashwright::harness
