// Watches one engine from start to end: serves what it asks of the harness, does the timed faults, sees it stop, ends
// it when its time is over.
//
// Threads: one supervisor per child, on the thread that spawned it. Errors: none of its own; what went wrong is part of
// the answer. A request is served within about a millisecond.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/runner/control_channel.h"
#include "harness/runner/crash_tracer.h"
#include "harness/runner/outside_triggers.h"
#include "harness/runner/process.h"
#include "rca/facts.h"

namespace crashwright::harness {

struct SupervisionOptions {
  ControlChannel* channel = nullptr;  // null: no faults, as in a golden run
  const Plan* plan = nullptr;         // of the channel
  uint32_t incarnation = 0;
  Child* exchange = nullptr;  // told to drop the connection when a fault says so; null: none
  std::chrono::nanoseconds deadline{std::chrono::seconds(20)};
  std::string folder;                  // where a core taken from outside goes; empty: none is taken
  OutsideTriggers* outside = nullptr;  // what is due in a program that links nothing; null: it has fault points
  CrashTracer* tracer = nullptr;       // attached to the child by this thread; null: cores are the kernel's business
  // Starts another engine on the data folder of this one and waits until it has ended; returns its wait status.
  std::function<int32_t()> start_second_primary{};
  std::function<void(const std::string& text)> note = [](const std::string&) {};
  // Every process of the case carries this; those that the engine has started die with it when we kill it. Empty: they
  // are left alone.
  std::string mark;
};

struct Supervised {
  ChildEnd end;
  std::string kill_reason;  // "fault" "deadline" "interrupt"; empty: it did not end by our signal
  int kill_signal = 9;      // of that reason; a process that ignores SIGTERM gets SIGKILL at the deadline
  bool seen_stopped = false;
  bool exchange_ended = false;      // while the engine ran
  std::string outside_core;         // path of the core taken from outside; empty: none
  std::string outside_core_failed;  // why it could not be taken
};

[[nodiscard]] Supervised supervise(Child& child, const SupervisionOptions& options);

// What was seen of the child's end, as facts of the case.
void record_end(const Child& child, const Supervised& seen, rca::ProcessFacts& facts);

}  // namespace crashwright::harness
