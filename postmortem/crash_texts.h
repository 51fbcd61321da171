// Texts that say why a process dies: noted in normal context on the way there, or found by the handler.
//
// Threads: any; the first note of a kind stays. Signal context: note_crash_text() and find_crash_text() yes.
#pragma once

#include <cstddef>

#include "postmortem/crash_record_format.h"

namespace crashwright::postmortem {

// Keeps a copy (crash_format::kTextMax - 1 bytes at most) for the crash record.
void note_crash_text(crash_format::TextKind kind, const char* text) noexcept;

// Copies the text of that kind into `to`; returns its length, 0 for none.
size_t find_crash_text(crash_format::TextKind kind, char* to, size_t capacity) noexcept;

// Where glibc keeps the pointer to its abort message (__abort_msg), null when it has none.
void set_abort_message_address(const void* address) noexcept;

}  // namespace crashwright::postmortem
