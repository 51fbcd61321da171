// Raw bytes of a stack for the crash record, so that a reader can unwind again what the handler's own walk got wrong.
//
// Threads: one at a time. Signal context: yes. Errors: a stack that cannot be read leaves a section without bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashwright::postmortem::crash {

// From the red zone below the stack pointer upwards, `size_max` bytes at most. Where a stack is exhausted the pointer
// lies outside of it: then from the next page that can be read.
void write_stack(uint32_t tid, uint64_t stack_pointer, size_t size_max) noexcept;

// Touches the memory that write_stack() uses.
void rehearse_stack() noexcept;

}  // namespace crashwright::postmortem::crash
