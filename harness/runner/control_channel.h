// The harness's end of the control block: makes it, arms the plan's faults, dumps it after each death.
//
// The block lives in a sealed-size memfd that the engine and the storage layer inherit; it outlives them all.
// Threads: one owner; other processes read and write the block at any time. Errors: as the calls behind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "harness/scenario/plan.h"
#include "postmortem/control_block.h"

namespace crashwright::harness {

class ControlChannel {
 public:
  // Arms every fault of the plan that has an action. kUsage for more than kArmedFaultsMax of them.
  [[nodiscard]] static Result<std::unique_ptr<ControlChannel>> create(const Plan& plan);
  ~ControlChannel();
  ControlChannel(const ControlChannel&) = delete;
  ControlChannel& operator=(const ControlChannel&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] postmortem::ControlBlock& block() const { return *block_; }
  // The slot of the plan's n-th fault, or null when it is none of the block's business.
  [[nodiscard]] postmortem::ArmedFault* armed(size_t plan_fault) const;
  // The plan's fault that sits in a slot of the block.
  [[nodiscard]] size_t plan_fault(size_t slot) const { return plan_fault_of_slot_.at(slot); }

  // Before each start of the engine; none runs.
  void begin(uint32_t incarnation);
  [[nodiscard]] Status dump(const std::string& path) const;
  // "CRASHWRIGHT_CONTROL_FD=7"
  [[nodiscard]] std::string environment_entry() const;

 private:
  ControlChannel() = default;

  UniqueFd fd_;
  postmortem::ControlBlock* block_ = nullptr;
  std::vector<std::optional<size_t>> slot_of_plan_fault_;
  std::vector<size_t> plan_fault_of_slot_;
};

}  // namespace crashwright::harness
