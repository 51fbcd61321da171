// Walks the crashing thread's stack by frame pointers, from the registers that the signal saved.
//
// Reads memory through the kernel where that is allowed (process_vm_readv on the own process), so that a smashed stack
// ends the walk instead of faulting; otherwise directly, and a fault ends the stage.
// What has no frame pointer: a call through a bad pointer or a leaf is bridged by the return address on top; code of
// a library (abort, memcpy) is bridged by scanning the stack for the next return address into the executable, which can
// show a stale one. The kernel's core is the better witness; this is what is left when there is none.
// Threads: the one owner of the crash. Signal context: yes. Errors: none, the walk just ends.
#pragma once

#include <cstdint>

#include "postmortem/crash_record_format.h"

namespace crashwright::postmortem {

// `frames` may be watched while it fills: what is counted is valid.
void walk_stack(uint64_t pc, uint64_t stack_pointer, uint64_t frame_pointer, crash_format::Frames& frames) noexcept;

}  // namespace crashwright::postmortem
