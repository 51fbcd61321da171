// The entry points of the ten promises, one file each; registry.cc lists them.
//
// Threads, errors: as verifier.h says.
#pragma once

#include "verifiers/verifier.h"

namespace crashwright::verifiers {

Verdict verify_core_capture(const CaseView& view);
Verdict verify_log_survival(const CaseView& view);
Verdict verify_state_recovery(const CaseView& view);
Verdict verify_audit_replay(const CaseView& view);
Verdict verify_rca(const CaseView& view);
Verdict verify_reconciliation(const CaseView& view);
Verdict verify_continuity(const CaseView& view);
Verdict verify_recovery_time(const CaseView& view);
Verdict verify_handler(const CaseView& view);
Verdict verify_cleanliness(const CaseView& view);

// Whether the first finding of a verdict on core_capture is that the stack does not reach the expected function: where
// the expectation is wrong, rca says which function it should be.
[[nodiscard]] bool misses_expected_function(const Verdict& verdict);

}  // namespace crashwright::verifiers
