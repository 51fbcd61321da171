// Where a storage fault meets the operation it waits for.
//
// Faults come from three sides: an engine of ours passes its fault point and sets the armed fault to kFired, and then
// the next matching operation meets it; an armed fault without a point is set to kFired by the harness, and from then
// on matching operations are counted in `fired_hit` until the `hit`-th meets it; for programs without a control block a
// rule (storage_fault_rule.h) counts. Meeting a fault is to have fired; confirming it says what the layer, as the
// witness, saw of its effect.
// Threads: one owner at a time (the core's lock).
#pragma once

#include <bitset>
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "harness/storage/storage_fault_rule.h"
#include "postmortem/control_block.h"

namespace crashwright::harness {

struct StorageFault {
  StorageFaultRule rule;
  uint64_t matched = 0;
  bool fired = false;
  bool confirmed = false;
  int64_t detail = 0;  // bytes kept, the errno returned, or nanoseconds of delay
};

// A fault that an operation met; one of the two is set.
struct MetFault {
  postmortem::FaultAction action = postmortem::FaultAction::kNone;
  int64_t argument = 0;
  postmortem::ArmedFault* armed = nullptr;
  StorageFault* own = nullptr;
};

class FaultGate {
 public:
  // `block` may be null: then only rules count. `power_end`: a socket to who can kill the program, -1: nobody.
  explicit FaultGate(postmortem::ControlBlock* block, int power_end = -1);

  void arm(const StorageFaultRule& rule) { own_.push_back({.rule = rule}); }
  // A token was acknowledged: rules that wait for it count from here.
  void acknowledged(const std::string& token);
  // Nothing could be met now: the caller need not say where it is.
  [[nodiscard]] bool idle() const;
  // The fault that `site` meets, if any; it has fired then and is met no more.
  [[nodiscard]] std::optional<MetFault> meet(const FaultSite& site);
  // A loss of power that the engine fired and nobody met yet.
  [[nodiscard]] std::optional<MetFault> power_loss() const;

  void confirm(const MetFault& fault, int64_t detail) const;
  // Asks the harness to kill the engine, or the program, for `fault` and waits until it has; false when nobody answers
  // in time.
  [[nodiscard]] bool request_kill(const MetFault& fault, std::chrono::milliseconds patience) const;
  // Which start of the engine this is: what a fault did to the whole file system ends with it.
  [[nodiscard]] uint32_t incarnation() const { return block_ == nullptr ? 0 : block_->incarnation; }
  [[nodiscard]] const postmortem::EngineWitness* engine() const {
    return block_ == nullptr ? nullptr : &block_->engine;
  }
  // One line for each rule: name, "armed", "fired" or "confirmed", and its detail.
  [[nodiscard]] std::string report() const;

 private:
  [[nodiscard]] bool request_kill_of_program(std::chrono::milliseconds patience) const;
  [[nodiscard]] bool due(const StorageFault& fault) const;
  [[nodiscard]] std::optional<MetFault> meet_armed(const FaultSite& site);

  postmortem::ControlBlock* block_;
  int power_end_;
  std::deque<StorageFault> own_;                      // never moves: a met fault points into it
  std::bitset<postmortem::kArmedFaultsMax> counted_;  // of those without a point: met
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace crashwright::harness
