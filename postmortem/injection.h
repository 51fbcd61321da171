// The faults that a thread of the engine commits itself, at a fault point.
//
// perform() does what it says and in most cases does not return. Frames of this namespace are the trigger, never the
// cause: the autopsy skips `crashwright::postmortem::injection::` (rca/frame_rules).
// Threads: any. Signal context: only what is reached from the crash handler's own fault points.
#pragma once

#include "postmortem/control_block.h"

namespace crashwright::postmortem::injection {

// `fault.state` is already kFired. Returns only for actions that let the thread go on.
void perform(ArmedFault& fault);

// The crash handler stage that is to fault (FaultAction::kCrashInHandler), 0 for none. Signal context: yes.
[[nodiscard]] uint32_t handler_stage_to_fault() noexcept;

// Faults, once, when `stage` is that stage. Called by the crash handler. Signal context: yes.
void fault_in_handler_stage(uint32_t stage) noexcept;

}  // namespace crashwright::postmortem::injection
