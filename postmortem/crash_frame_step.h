// One step of a stack walk by the call frame tables: from a frame's registers to its caller's.
//
// Rows are kept by address, so that a recursion of a million frames looks its row up once.
// Threads: one walk at a time. Signal context: yes. Errors: kUnknown, where the tables do not help.
#pragma once

#include "postmortem/crash_call_frame.h"
#include "postmortem/crash_stack_reader.h"

namespace crashwright::postmortem {

enum class StepResult { kCaller, kOutermost, kUnknown };

// `exact`: the program counter is that of an instruction, not a return address behind a call. Set anew for the caller.
StepResult step_to_caller(FrameRegisters& registers, bool& exact, StackReader& stack) noexcept;

}  // namespace crashwright::postmortem
