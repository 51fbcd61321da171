// Walks a stack of the dying process from saved registers: the thread that died, or one that is stopped.
//
// First choice are the call frame tables (crash_call_frame.h), which are right through libc, code without frame
// pointers and signal frames. Where they know nothing, and on the second attempt after a fault in them, frame pointers
// are followed; what has neither (a call through a bad pointer, a smashed stack) is bridged by the return address on
// top or by scanning for the next return address into the executable, which can show a stale one.
// Memory is read through the kernel, so that a smashed stack ends the walk instead of faulting (crash_stack_reader.h).
// Threads: one walk at a time. Signal context: yes. Errors: none, the walk just ends.
#pragma once

#include <cstdint>

#include "postmortem/crash_record_format.h"

namespace crashwright::postmortem {

enum class WalkTables : bool { kUse, kLeaveAlone };

// `registers` in the order of uc_mcontext.gregs. `frames` may be watched while it fills: what is counted is valid.
void walk_stack(const uint64_t* registers, WalkTables tables, crash_format::Frames& frames) noexcept;

// Puts the frames of a walk that was cut short in order; after a whole walk it changes nothing.
void settle_frames(crash_format::Frames& frames) noexcept;

}  // namespace crashwright::postmortem
