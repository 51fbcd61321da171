#include <iterator>

#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

namespace {

const FaultKind kKinds[] = {
    {.name = "lock_order_deadlock",
     .family = "concurrency",
     .action = FaultAction::kLockOrderDeadlock,
     .doc = "two threads take two mutexes in opposite order; the watchdog ends the process",
     .example = "lock_order_deadlock: {at: risk.check, hit: 50}",
     .stands_for = "the classic deadlock",
     .evidence = "the watchdog names the thread; the core holds the circle of waits",
     .reveals = "none alone: classifier_by_substring shows with heap_overflow too",
     .causes_release = {"DEADLOCK"},
     .causes_asan = {"DEADLOCK"}},
    {.name = "self_deadlock",
     .family = "concurrency",
     .action = FaultAction::kSelfDeadlock,
     .doc = "takes a mutex that it holds already; the watchdog ends the process",
     .example = "self_deadlock: {at: risk.check, hit: 50}",
     .stands_for = "a callback that comes back into the book",
     .evidence = "the watchdog names the thread; the core shows it waiting for itself",
     .reveals = "none alone: watchdog_deaf and its like show with every hang",
     .causes_release = {"DEADLOCK"},
     .causes_asan = {"DEADLOCK"}},
    {.name = "lost_wakeup",
     .family = "concurrency",
     .action = FaultAction::kLostWakeup,
     .doc = "waits for a condition that was signalled before; the watchdog ends the process",
     .example = "lost_wakeup: {at: strategy.decide, hit: 40}",
     .stands_for = "a condition variable used without its condition",
     .evidence = "the watchdog names the thread; the stack waits for a condition that nobody holds",
     .reveals = "none alone: as self_deadlock",
     .causes_release = {"TIMEOUT"},
     .causes_asan = {"TIMEOUT"}},
    {.name = "livelock",
     .family = "concurrency",
     .action = FaultAction::kLivelock,
     .doc = "the thread spins for good without progress; the watchdog ends the process",
     .example = "livelock: {at: strategy.decide, hit: 60}",
     .stands_for = "two threads that give way to each other",
     .evidence = "the watchdog names the thread; it used the processor all the while",
     .reveals = "none alone: as self_deadlock",
     .causes_release = {"LIVELOCK"},
     .causes_asan = {"LIVELOCK"}},
    {.name = "stalled_thread",
     .family = "concurrency",
     .action = FaultAction::kStalledThread,
     .doc = "the thread sleeps for good; the watchdog ends the process",
     .example = "stalled_thread: {at: feed.message, hit: 900}",
     .stands_for = "a read from a peer that never answers",
     .evidence = "the watchdog names the thread",
     .reveals = "none alone: watchdog_deaf and its like show with every hang",
     .causes_release = {"TIMEOUT"},
     .causes_asan = {"TIMEOUT"}},
    {.name = "slow_thread",
     .family = "concurrency",
     .action = FaultAction::kSlowThread,
     .doc = "the thread sleeps `for` a while, for less than the watchdog's patience",
     .example = "slow_thread: {at: strategy.decide, hit: 40, for: 100ms}",
     .stands_for = "a page fault on a slow disk, a noisy neighbour",
     .evidence = "the time it slept, taken by the thread",
     .reveals = "watchdog_too_eager",
     .parameters = {"for"},
     .ends_process = false,
     .causes_release = {"NO_FAULT"},
     .causes_asan = {"NO_FAULT"}},
};

}  // namespace

std::vector<FaultKind> concurrency_fault_kinds() { return {std::begin(kKinds), std::end(kKinds)}; }

}  // namespace crashwright::harness
