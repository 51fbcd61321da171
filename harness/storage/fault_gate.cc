#include "harness/storage/fault_gate.h"

#include <ctime>

#include "base/clock.h"

namespace crashwright::harness {
namespace {

using postmortem::ArmedFault;
using postmortem::FaultState;
using postmortem::HarnessRequest;

void pause_briefly() {
  const timespec pause{0, 100'000};
  ::nanosleep(&pause, nullptr);
}

}  // namespace

ArmedFault* FaultGate::fired(postmortem::FaultAction action, const std::string& file) const {
  if (block_ == nullptr) return nullptr;
  for (uint32_t i = 0; i < block_->fault_count && i < postmortem::kArmedFaultsMax; ++i) {
    ArmedFault& fault = block_->faults[i];
    if (fault.action != action || fault.state.load(std::memory_order_acquire) != FaultState::kFired) continue;
    if (fault.file.empty() || fault.file == file) return &fault;
  }
  return nullptr;
}

void FaultGate::confirm(ArmedFault& fault, int64_t detail) const {
  fault.confirmed_detail.store(detail, std::memory_order_relaxed);
  fault.confirmed_ns.store(monotonic_ns(), std::memory_order_relaxed);
  fault.state.store(FaultState::kConfirmed, std::memory_order_release);
}

bool FaultGate::request_kill(const ArmedFault& fault, std::chrono::milliseconds patience) const {
  const Deadline deadline(patience);
  const auto index = static_cast<uint32_t>(&fault - block_->faults);
  for (;;) {
    HarnessRequest none = HarnessRequest::kNone;
    if (block_->harness_request.load() == none) {
      block_->harness_request_fault.store(index);  // first: the harness reads it as soon as it sees the request
      if (block_->harness_request.compare_exchange_strong(none, HarnessRequest::kKill)) break;
    }
    if (deadline.passed()) return false;
    pause_briefly();
  }
  while (block_->harness_request.load() == HarnessRequest::kKill) {
    if (deadline.passed()) return false;
    pause_briefly();
  }
  return true;
}

}  // namespace crashwright::harness
