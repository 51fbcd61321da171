// The faults that a thread of the engine commits itself, at a fault point.
//
// perform() does what it says and in most cases does not return. Frames of this namespace are the trigger, never the
// cause: the autopsy skips `crashwright::postmortem::injection::` (rca/frame_rules).
// Threads: any. Signal context: only what is reached from the crash handler's own fault points.
#pragma once

#include "postmortem/control_block.h"

namespace crashwright::postmortem::injection {

enum class PoisonSource : uint32_t { kFeed = 1, kExchange = 2 };

// What is wrong with the message that a thread is about to take.
enum class InputFault : uint32_t { kNone = 0, kGap = 1, kMalformed = 2 };

// The fault that waits for the next message of the feed, taken once. One relaxed load when there is none.
[[nodiscard]] InputFault take_input_fault() noexcept;

// For each message of the feed or of the exchange that is taken, behind the decision to leave it out: dies when it is
// the armed poison. The number counts from 1.
void swallow(PoisonSource source, uint64_t number);
// For one that is left out: confirms the fault when it is the poison.
void spare(PoisonSource source, uint64_t number) noexcept;

// How far an injected step has moved the wall clock as this process sees it.
[[nodiscard]] int64_t wall_step_ns() noexcept;

// `fault.state` is already kFired. Returns only for actions that let the thread go on.
void perform(ArmedFault& fault);

// The crash handler stage that is to fault (FaultAction::kCrashInHandler), 0 for none. Signal context: yes.
[[nodiscard]] uint32_t handler_stage_to_fault() noexcept;

// Faults, once, when `stage` is that stage. Called by the crash handler. Signal context: yes.
void fault_in_handler_stage(uint32_t stage) noexcept;

}  // namespace crashwright::postmortem::injection
