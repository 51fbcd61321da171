#include "harness/storage/fault_gate.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>

#include "base/clock.h"
#include "postmortem/audit_segments.h"

namespace crashwright::harness {
namespace {

using postmortem::ArmedFault;
using postmortem::FaultAction;
using postmortem::FaultState;
using postmortem::HarnessRequest;

void pause_briefly() {
  const timespec pause{0, 100'000};
  ::nanosleep(&pause, nullptr);
}

// A log's later segments (audit.log.seg-000002) are part of it.
bool is_named(const ArmedFault& fault, const std::string& file) {
  if (fault.file.empty() || fault.file == file) return true;
  const std::string wanted(fault.file.view());
  const uint64_t segment = postmortem::audit_segment_number(file);
  return segment != 0 && file == postmortem::audit_segment_path(wanted, segment);
}

// With this match, the last that the rule is meant for.
bool rule_is_used_up(const StorageFault& fault) {
  return fault.rule.times != 0 && fault.matched + 1 >= fault.rule.nth + fault.rule.times;
}

bool waits(const ArmedFault& fault) { return fault.state.load(std::memory_order_acquire) == FaultState::kFired; }

bool is_wanted(const ArmedFault& fault, const FaultSite& site, const std::string& file) {
  const OperationClass wanted = usual_operation(fault.action);
  if (wanted != OperationClass::kAny && wanted != site.operation) return false;
  if (fault.action == FaultAction::kReadOnly && site.operation == OperationClass::kSync)
    return false;  // changes nothing
  if (fault.point.empty()) return is_named(fault, file);
  // The next segment of a log is laid out in the background meanwhile; there is nothing in it to damage.
  if (wanted == OperationClass::kWrite && site.zeros) return false;
  const bool of_a_file = wanted == OperationClass::kWrite || wanted == OperationClass::kSync;
  return !of_a_file || is_named(fault, file);
}

}  // namespace

FaultGate::FaultGate(postmortem::ControlBlock* block, int power_end)
    : block_(block), power_end_(power_end), begun_(std::chrono::steady_clock::now()) {}

void FaultGate::acknowledged(const std::string& token) {
  for (StorageFault& fault : own_) {
    if (fault.rule.after_ack == token) fault.rule.after_ack.clear();
  }
}

bool FaultGate::idle() const {
  if (std::any_of(own_.begin(), own_.end(), [](const StorageFault& fault) { return !fault.fired; })) return false;
  if (block_ == nullptr) return true;
  const uint32_t count = std::min<uint32_t>(block_->fault_count, postmortem::kArmedFaultsMax);
  return std::none_of(block_->faults, block_->faults + count, waits);
}

bool FaultGate::due(const StorageFault& fault) const {
  const auto passed = std::chrono::steady_clock::now() - begun_;
  return fault.rule.after_ack.empty() && passed >= std::chrono::milliseconds(fault.rule.after_ms);
}

std::optional<MetFault> FaultGate::meet_armed(const FaultSite& site) {
  std::optional<MetFault> met;
  if (block_ == nullptr) return met;
  const std::string file = site.path.substr(site.path.rfind('/') + 1);
  for (uint32_t i = 0; i < block_->fault_count && i < postmortem::kArmedFaultsMax; ++i) {
    ArmedFault& fault = block_->faults[i];
    if (storage_fault_name(fault.action) == nullptr || fault.action == FaultAction::kPowerLoss || !waits(fault))
      continue;
    if (!is_wanted(fault, site, file)) continue;
    const bool counts = fault.point.empty();
    const bool due = !counts || (fault.fired_hit.fetch_add(1) + 1 >= fault.hit && !counted_.test(i));
    if (!due || met) continue;
    counted_.set(i, counts);
    if (counts) fault.fired_ns.store(monotonic_ns());
    met = MetFault{fault.action, fault.args[0], &fault, nullptr};
  }
  return met;
}

std::optional<MetFault> FaultGate::meet(const FaultSite& site) {
  if (auto met = meet_armed(site)) return met;
  std::optional<MetFault> met;
  for (StorageFault& fault : own_) {
    if (fault.fired || !due(fault) || !matches(fault.rule, site) || ++fault.matched < fault.rule.nth || met) continue;
    fault.fired = rule_is_used_up(fault);
    met = MetFault{fault.rule.action, fault.rule.argument, nullptr, &fault};
  }
  return met;
}

std::optional<MetFault> FaultGate::power_loss() const {
  if (block_ == nullptr) return std::nullopt;
  for (uint32_t i = 0; i < block_->fault_count && i < postmortem::kArmedFaultsMax; ++i) {
    ArmedFault& fault = block_->faults[i];
    if (fault.action == FaultAction::kPowerLoss && waits(fault)) return MetFault{fault.action, 0, &fault, nullptr};
  }
  return std::nullopt;
}

void FaultGate::confirm(const MetFault& fault, int64_t detail) const {
  if (fault.own != nullptr) {
    fault.own->confirmed = true;
    fault.own->detail = detail;
    return;
  }
  fault.armed->confirmed_detail.store(detail, std::memory_order_relaxed);
  fault.armed->confirmed_ns.store(monotonic_ns(), std::memory_order_relaxed);
  fault.armed->state.store(FaultState::kConfirmed, std::memory_order_release);
}

bool FaultGate::request_kill(const MetFault& fault, std::chrono::milliseconds patience) const {
  if (fault.armed == nullptr) return request_kill_of_program(patience);
  // One that waits for no point is the harness's own doing: it has killed before it says that the power is gone.
  if (fault.action == FaultAction::kPowerLoss && fault.armed->point.empty()) return true;
  const Deadline deadline(patience);
  const auto index = static_cast<uint32_t>(fault.armed - block_->faults);
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

// One byte each way: the power is gone; and whoever used it will not run again.
bool FaultGate::request_kill_of_program(std::chrono::milliseconds patience) const {
  char byte = 0;
  if (power_end_ < 0 || ::send(power_end_, &byte, 1, MSG_NOSIGNAL) != 1) return false;
  pollfd answer{power_end_, POLLIN, 0};
  return ::poll(&answer, 1, static_cast<int>(patience.count())) > 0 && ::recv(power_end_, &byte, 1, 0) == 1;
}

std::string FaultGate::report() const {
  std::string text;
  for (const StorageFault& fault : own_) {
    text += storage_fault_name(fault.rule.action);
    text += fault.confirmed ? " confirmed " : fault.fired ? " fired " : " armed ";
    text += std::to_string(fault.detail) + "\n";
  }
  return text;
}

}  // namespace crashwright::harness
