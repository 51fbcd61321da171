#include <array>

#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

constexpr uint8_t kEveryEngine = kReferenceEngine | kOwnEngine;

constexpr std::array kVerifiers{
    Verifier{"core_capture", "a complete core exists for this process, with the original signal and every thread",
             "wait status, build-id", kEveryEngine, verify_core_capture},
    Verifier{"log_survival", "every log record whose call returned is recovered, in order, and none is invented",
             "committed counters in the control block", kReferenceEngine, verify_log_survival},
    Verifier{"state_recovery",
             "the recovered state is what the exchange told the engine, and recovering it again changes nothing",
             "exchange drop copy", kEveryEngine, verify_state_recovery},
    Verifier{
        "audit_replay",
        "every order the exchange saw is in the audit log, in order, once, with its terms; damage is never skipped",
        "orders the exchange saw", kReferenceEngine, verify_audit_replay},
    Verifier{"rca", "cause, function and thread are named rightly, with honest confidence", "what was injected",
             kEveryEngine, verify_rca},
    Verifier{"reconciliation", "after the restart the engine's books equal the exchange's; no order was sent twice",
             "exchange drop copy", kReferenceEngine, verify_reconciliation},
    Verifier{"continuity", "crashed, recovered and finished ends like never crashed", "uninterrupted run",
             kReferenceEngine, verify_continuity},
    Verifier{"recovery_time", "from the fault to the resumed session within the budget", "harness clock", kEveryEngine,
             verify_recovery_time},
    Verifier{"handler", "the crash handler finished, in its budget, and the watchdog named the right thread",
             "harness clock, control block", kReferenceEngine, verify_handler},
    Verifier{"cleanliness", "no process, mount, cgroup, shared memory or temporary file is left", "kernel",
             kEveryEngine, verify_cleanliness},
    Verifier{"acknowledged", "what an engine of one's own acknowledged is there after its death", "`engine.check`",
             kOwnEngine, nullptr},
    Verifier{"recovery", "an engine of one's own puts in order what a death left", "exit status of `engine.recover`",
             kOwnEngine, nullptr},
    Verifier{"power_loss", "no loss of power at any moment takes what was acknowledged, or leaves what cannot be used",
             "`engine.check`, or the recovery of the mock engine, in each state that storage may be in", kExploration,
             nullptr},
};

}  // namespace

std::span<const Verifier> all_verifiers() noexcept { return kVerifiers; }

}  // namespace crashwright::verifiers
