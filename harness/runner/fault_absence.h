// What was seen of one start of an engine of the scenario's own instead of a fault that did not happen, or of an effect
// that nobody saw: what people ask next.
//
// Threads: pure functions, but for the program's symbols, which are read from its file. Errors: none; empty: there is
// nothing to tell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/runner/crash_tracer.h"
#include "harness/runner/outside_triggers.h"
#include "harness/scenario/plan.h"
#include "postmortem/control_block.h"
#include "rca/facts.h"

namespace crashwright::harness {

struct SeenStart {
  const rca::ProcessFacts& process;
  const postmortem::ControlBlock& block;
  const OutsideTriggers& triggers;
  const std::vector<TracedBreakpoint>& breakpoints;
};

// "19 writes of orders.journal were seen, it waits for write 20": of a fault that waits in the storage layer.
[[nodiscard]] std::string operations_in_words(const FaultPlan& fault, uint64_t seen);

// Why the `plan_fault`-th fault of the plan, which belongs to this start, never fired.
[[nodiscard]] std::string why_never_fired(size_t plan_fault, const FaultPlan& fault, const SeenStart& seen);

// Why nobody saw the effect of a fault that was done to the process from outside.
[[nodiscard]] std::string why_without_effect(const FaultPlan& fault, const rca::ProcessFacts& process);

}  // namespace crashwright::harness
