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

// The promises that were not kept, or could not be judged: the one that the summary tells first.
[[nodiscard]] std::vector<verifiers::Verdict> broken_verdicts(const CaseFinished& done);

// What to change about a fault that waited at its point in vain; empty: every one fired, or waited for no point of the
// engine.
[[nodiscard]] std::string unfired_advice(const CaseFinished& done);

}  // namespace crashwright::harness
