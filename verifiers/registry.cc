#include <array>

#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

constexpr std::array kVerifiers{
    Verifier{"core_capture", "a complete core exists for this process, with the original signal and every thread",
             "wait status, build-id", verify_core_capture},
    Verifier{"log_survival", "every log record whose call returned is recovered, in order, and none is invented",
             "committed counters in the control block", verify_log_survival},
    Verifier{"state_recovery",
             "the recovered state is what the exchange told the engine, and recovering it again changes nothing",
             "exchange drop copy", verify_state_recovery},
    Verifier{
        "audit_replay",
        "every order the exchange saw is in the audit log, in order, once, with its terms; damage is never skipped",
        "orders the exchange saw", verify_audit_replay},
    Verifier{"rca", "cause, function and thread are named rightly, with honest confidence", "what was injected",
             verify_rca},
    Verifier{"reconciliation", "after the restart the engine's books equal the exchange's; no order was sent twice",
             "exchange drop copy", verify_reconciliation},
    Verifier{"continuity", "crashed, recovered and finished ends like never crashed", "uninterrupted run",
             verify_continuity},
    Verifier{"recovery_time", "from the fault to the resumed session within the budget", "harness clock",
             verify_recovery_time},
    Verifier{"handler", "the crash handler finished, in its budget, and the watchdog named the right thread",
             "harness clock, control block", verify_handler},
    Verifier{"cleanliness", "no process, mount, cgroup, shared memory or temporary file is left", "kernel",
             verify_cleanliness},
};

}  // namespace

std::span<const Verifier> all_verifiers() noexcept { return kVerifiers; }

}  // namespace crashwright::verifiers
