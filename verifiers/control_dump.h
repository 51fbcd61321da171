// A control block as it was when its engine ended (`incN/control.bin`).
//
// Threads: one owner. Errors: kCorrupt for another size, magic or version.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "postmortem/control_block.h"

namespace crashwright::verifiers {

using ControlDump = std::unique_ptr<const postmortem::ControlBlock>;

[[nodiscard]] Result<ControlDump> read_control_dump(const std::string& path);

// The armed fault of this dump that fired in `incarnation`, or null: the tid in it is the harness's word on where.
[[nodiscard]] const postmortem::ArmedFault* fired_fault(const postmortem::ControlBlock& block, uint32_t incarnation);

}  // namespace crashwright::verifiers
