// Follows each fault of a plan from armed to fired to confirmed. A fault counts as confirmed only when somebody other
// than the engine has seen its effect: the wait status, the cgroup's counter, /proc, the storage layer, the exchange.
//
// Threads: one owner. Errors: none; a fault nobody saw stays `fired`, one that never came stays `armed`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/runner/control_channel.h"
#include "harness/scenario/plan.h"
#include "rca/facts.h"

namespace crashwright::harness {

// What can be seen of an incarnation's end.
struct Observed {
  const rca::ProcessFacts* process = nullptr;
  uint64_t nested_faults = 0;         // of the crash handler
  uint32_t watchdog_stalled_tid = 0;  // 0: the watchdog did not act
};

// What in `observed` proves that `fault` had its effect; empty when nothing does.
[[nodiscard]] std::string proof_of(const FaultPlan& fault, const Observed& observed);

class FaultObserver {
 public:
  // Both outlive the observer.
  FaultObserver(const Plan& plan, const ControlChannel& channel);

  // After the end of an incarnation, before the block is dumped: marks in the block what is confirmed now.
  void after_incarnation(const rca::ProcessFacts& process);
  // A fault done between two incarnations.
  void done_at_rest(size_t plan_fault, uint32_t incarnation, const std::string& what);
  // A fault done from outside to a running program; without proof it has fired and nobody saw its effect.
  void done_outside(size_t plan_fault, uint32_t incarnation, uint64_t fired_ns, const std::string& proof);
  // What was seen instead of the effect of a fault; nothing of one that is confirmed.
  void explain(size_t plan_fault, const std::string& seen);
  // After the exchange has ended; `exchange_json` is the text of its final report.
  void after_exchange(const std::string& exchange_json);

  // In order of the plan.
  [[nodiscard]] const std::vector<rca::InjectedFaultFact>& facts() const { return facts_; }
  // Whether a fault of this action has fired in that incarnation.
  [[nodiscard]] bool fired_in(uint32_t incarnation, postmortem::FaultAction action) const;
  // When the first fault of the incarnation that was meant to end it fired; 0: none did.
  [[nodiscard]] uint64_t fatal_ns(uint32_t incarnation) const;

 private:
  // The fatal fault that fired last and has not been confirmed: the one that a death now is the effect of.
  [[nodiscard]] std::optional<size_t> last_fatal_fault() const;
  [[nodiscard]] bool met_nothing(size_t plan_fault, const rca::ProcessFacts& process);
  void note_passages(rca::InjectedFaultFact& fact, bool timed, const rca::ProcessFacts& process) const;
  // Of a fault of `passage: last`: whether the counters of the ended start bear that out.
  [[nodiscard]] bool was_last_passage(const postmortem::ArmedFault& armed, std::string& why_not) const;

  const Plan& plan_;
  const ControlChannel& channel_;
  std::vector<rca::InjectedFaultFact> facts_;
};

}  // namespace crashwright::harness
