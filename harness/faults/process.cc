#include <iterator>

#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

namespace {

const FaultKind kKinds[] = {
    {.name = "sigkill",
     .family = "process",
     .action = FaultAction::kSigkill,
     .doc = "the harness sends SIGKILL while the thread stands at the point",
     .example = "sigkill: {at: gateway.after_send, hit: 30}",
     .stands_for = "kill -9, the OOM killer, a container that is taken away",
     .evidence = "SIGKILL, sent by the harness",
     .reveals = "most bugs of recovery; audit_after_send and others show with nothing weaker",
     .causes_release = {"KILLED_BY_HARNESS"},
     .causes_asan = {"KILLED_BY_HARNESS"}},
    {.name = "sigterm",
     .family = "process",
     .action = FaultAction::kSigterm,
     .doc = "the harness sends SIGTERM while the thread stands at the point; one who ignores it is killed "
            "at the deadline",
     .example = "sigterm: {at: gateway.after_send, hit: 30}",
     .stands_for = "a deployment, an orchestrator that moves the engine",
     .evidence = "SIGTERM, sent by the harness",
     .reveals = "none: the engine is crash-only, a request to end is a death like any other",
     .causes_release = {"KILLED_BY_HARNESS"},
     .causes_asan = {"KILLED_BY_HARNESS"}},
    {.name = "sigstop",
     .family = "process",
     .action = FaultAction::kSigstop,
     .doc = "the harness stops the process, for good (then kills it) or `for` a while",
     .example = "sigstop: {at: gateway.send_order, hit: 30, for: 50ms}",
     .stands_for = "a debugger, a suspended machine",
     .evidence = "state T in /proc",
     .reveals = "none: every thread has beaten between the watchdog's last look and the stop, so that no watchdog, "
                "however it counts time, takes one for stalled",
     .parameters = {"for"},
     .causes_release = {"KILLED_BY_HARNESS"},
     .causes_asan = {"KILLED_BY_HARNESS"}},
    {.name = "crash_in_handler",
     .family = "process",
     .action = FaultAction::kCrashInHandler,
     .doc = "a null dereference, and a second one inside the given stage of the crash handler",
     .example = "crash_in_handler: {at: orders.apply, hit: 10, stage: 3}",
     .stands_for = "a handler that meets what killed the program",
     .evidence = "the handler's own count of nested faults",
     .reveals = "handler_gives_up_at_a_nested_fault",
     .parameters = {"stage"},
     .causes_release = {"NULL_DEREF"}},
    {.name = "two_threads",
     .family = "process",
     .action = FaultAction::kTwoThreads,
     .doc = "two threads commit a null dereference at once, the second as soon as the handler has the first",
     .example = "two_threads: {at: orders.apply, hit: 20}",
     .stands_for = "one broken object, met by two threads",
     .evidence = "SIGSEGV; the crash record tells of both",
     .reveals = "handler_ends_with_the_second_death",
     .causes_release = {"NULL_DEREF"},
     .causes_asan = {"NULL_DEREF"}},
    {.name = "second_primary",
     .family = "process",
     .action = FaultAction::kSecondPrimary,
     .doc = "the harness starts a second engine on the same data folder while this one trades",
     .example = "second_primary: {at: gateway.send_order, hit: 30}",
     .stands_for = "two operators, a failover that was none",
     .evidence = "exit status 6 of the second engine",
     .reveals = "second_primary_let_in",
     .ends_process = false,
     .causes_release = {"NO_FAULT"},
     .causes_asan = {"NO_FAULT"}},
    {.name = "wall_clock_step",
     .family = "process",
     .action = FaultAction::kWallClockStep,
     .doc = "the wall clock, as the engine sees it, steps `by` so much",
     .example = "wall_clock_step: {at: orders.apply, hit: 20, by: -2s}",
     .stands_for = "NTP after a night without it, a leap second",
     .evidence = "the step, taken by the engine's clock",
     .reveals = "none: nothing that the engine decides depends on the wall clock, and what the log does with "
                "it is judged by audit_replay",
     .parameters = {"by"},
     .ends_process = false,
     .causes_release = {"NO_FAULT"},
     .causes_asan = {"NO_FAULT"}},
};

}  // namespace

std::vector<FaultKind> process_fault_kinds() { return {std::begin(kKinds), std::end(kKinds)}; }

}  // namespace crashwright::harness
