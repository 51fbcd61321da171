// Appends sections to the crash record, each with one system call.
//
// Threads: any; O_APPEND keeps sections whole. Signal context: yes.
// Errors:  a section that cannot be written is lost and the handler goes on; nothing is retried.
// Payloads must be static: the checksum may be computed by code that a sanitizer instruments, and it would take the
// leftovers on a signal stack for errors.
#pragma once

#include <cstddef>

#include "postmortem/crash_record_format.h"

namespace crashwright::postmortem::crash_record {

// Descriptor of the record from install on; -1 before.
void set_descriptor(int fd) noexcept;

// `header` is filled and written together with `size` bytes of `payload`.
void append(crash_format::SectionHeader& header, crash_format::SectionType type, const void* payload,
            size_t size) noexcept;

// Fills `header` for `size` bytes of `payload`: sections that are put together before anything happens.
void seal(crash_format::SectionHeader& header, crash_format::SectionType type, const void* payload,
          size_t size) noexcept;

// Appends `count` sections of `size` bytes in all that were sealed and padded before, with one system call.
void append_sealed(const void* sections, size_t size, uint32_t count) noexcept;

// Sections appended by this process so far.
[[nodiscard]] uint32_t sections() noexcept;

// A section with its own static header: `static Section<Facts> section;`.
template <typename Payload>
struct Section {
  crash_format::SectionHeader header;
  Payload payload;
};

}  // namespace crashwright::postmortem::crash_record
