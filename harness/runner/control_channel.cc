#include "harness/runner/control_channel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/file.h"

namespace crashwright::harness {
namespace {

using postmortem::ArmedFault;
using postmortem::ControlBlock;

void arm(const FaultPlan& plan, ArmedFault& fault) {
  fault.point.assign(plan.point);
  fault.thread.assign(plan.thread);
  fault.file.assign(plan.file);
  fault.action = plan.action;
  fault.trigger = plan.trigger;
  fault.scope = plan.scope;
  fault.incarnation = plan.incarnation;
  fault.hit = plan.waits_in_storage() ? plan.operation() : plan.hit;
  fault.probability_ppb = plan.probability_ppb;
  fault.seed = plan.seed;
  fault.feed_sequence = plan.feed_sequence;
  fault.elapsed_ns = plan.elapsed_ns;
  std::copy(plan.args.begin(), plan.args.end(), fault.args);
  fault.state.store(postmortem::FaultState::kArmed);
}

}  // namespace

Result<std::unique_ptr<ControlChannel>> ControlChannel::create(const Plan& plan) {
  std::unique_ptr<ControlChannel> channel(new ControlChannel());
  channel->fd_.reset(::memfd_create("crashwright-control", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!channel->fd_) return fail_errno(errno, "memfd_create");
  if (::ftruncate(channel->fd(), sizeof(ControlBlock)) != 0) return fail_errno(errno, "size the control block");
  // A truncated mapping would be a SIGBUS in everyone who maps it.
  if (::fcntl(channel->fd(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) return fail_errno(errno, "seal");
  void* const mapping = ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, channel->fd(), 0);
  if (mapping == MAP_FAILED) return fail_errno(errno, "map the control block");
  channel->block_ = static_cast<ControlBlock*>(mapping);
  postmortem::initialise_control_block(*channel->block_);
  channel->block_->seed = plan.seed;
  for (size_t i = 0; i < plan.faults.size(); ++i) {
    channel->slot_of_plan_fault_.emplace_back();
    if (plan.faults[i].action == postmortem::FaultAction::kNone) continue;
    const size_t slot = channel->plan_fault_of_slot_.size();
    if (slot == postmortem::kArmedFaultsMax) {
      return fail(ErrorKind::kUsage, "more than " + std::to_string(slot) + " faults in one scenario");
    }
    arm(plan.faults[i], channel->block_->faults[slot]);
    channel->slot_of_plan_fault_.back() = slot;
    channel->plan_fault_of_slot_.push_back(i);
  }
  channel->block_->fault_count = static_cast<uint32_t>(channel->plan_fault_of_slot_.size());
  return channel;
}

ControlChannel::~ControlChannel() {
  if (block_ != nullptr) ::munmap(block_, sizeof(ControlBlock));
}

ArmedFault* ControlChannel::armed(size_t plan_fault) const {
  const auto slot = slot_of_plan_fault_.at(plan_fault);
  return slot ? &block_->faults[*slot] : nullptr;
}

void ControlChannel::begin(uint32_t incarnation) { postmortem::begin_incarnation(*block_, incarnation); }

Status ControlChannel::dump(const std::string& path) const {
  return write_file(path, std::string_view(reinterpret_cast<const char*>(block_), sizeof(ControlBlock)));
}

std::string ControlChannel::environment_entry() const {
  return std::string(postmortem::kControlFdVariable) + "=" + std::to_string(fd());
}

}  // namespace crashwright::harness
