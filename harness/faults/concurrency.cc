#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

std::vector<FaultKind> concurrency_fault_kinds() {
  FaultKind lock_order_deadlock;
  lock_order_deadlock.name = "lock_order_deadlock";
  lock_order_deadlock.family = "concurrency";
  lock_order_deadlock.action = FaultAction::kLockOrderDeadlock;
  lock_order_deadlock.doc = "two threads take two mutexes in opposite order; the watchdog ends the process";
  lock_order_deadlock.example = "lock_order_deadlock: {at: risk.check, hit: 50}";
  lock_order_deadlock.causes_release = {"DEADLOCK"};
  lock_order_deadlock.causes_asan = {"DEADLOCK"};

  FaultKind stalled_thread;
  stalled_thread.name = "stalled_thread";
  stalled_thread.family = "concurrency";
  stalled_thread.action = FaultAction::kStalledThread;
  stalled_thread.doc = "the thread sleeps for good; the watchdog ends the process";
  stalled_thread.example = "stalled_thread: {at: feed.message, hit: 900}";
  stalled_thread.causes_release = {"TIMEOUT"};
  stalled_thread.causes_asan = {"TIMEOUT"};

  FaultKind livelock;
  livelock.name = "livelock";
  livelock.family = "concurrency";
  livelock.action = FaultAction::kLivelock;
  livelock.doc = "the thread spins for good without progress; the watchdog ends the process";
  livelock.example = "livelock: {at: strategy.decide, hit: 60}";
  livelock.causes_release = {"LIVELOCK"};
  livelock.causes_asan = {"LIVELOCK"};

  return {lock_order_deadlock, stalled_thread, livelock};
}

}  // namespace crashwright::harness
