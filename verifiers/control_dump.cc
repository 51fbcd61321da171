#include "verifiers/control_dump.h"

#include <cstring>

#include "base/file.h"

namespace crashwright::verifiers {

Result<ControlDump> read_control_dump(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::unexpected(bytes.error());
  if (bytes->size() < sizeof(postmortem::ControlBlock)) {
    return fail(ErrorKind::kCorrupt, path + ": " + std::to_string(bytes->size()) + " bytes are no control block");
  }
  auto block = std::make_unique<postmortem::ControlBlock>();
  std::memcpy(static_cast<void*>(block.get()), bytes->data(), sizeof(postmortem::ControlBlock));
  if (auto good = postmortem::check_control_block(*block); !good) return tl::unexpected(good.error());
  return ControlDump(std::move(block));
}

const postmortem::ArmedFault* fired_fault(const postmortem::ControlBlock& block, uint32_t incarnation) {
  const postmortem::ArmedFault* first = nullptr;
  for (uint32_t i = 0; i < block.fault_count && i < postmortem::kArmedFaultsMax; ++i) {
    const postmortem::ArmedFault& fault = block.faults[i];
    const bool fired = fault.state.load() >= postmortem::FaultState::kFired;
    const bool here = fault.incarnation == incarnation || fault.incarnation == postmortem::kAnyIncarnation;
    if (!fired || !here) continue;
    if (postmortem::crashes_by_itself(fault.action)) return &fault;
    if (first == nullptr) first = &fault;
  }
  return first;
}

}  // namespace crashwright::verifiers
