// Small readers of /proc text for the self-written core.
//
// Threads: any. Signal context: yes. Errors: what is not there reads as zero or null.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashwright::postmortem::core_self {

// Reads the beginning of `path` below the folder `folder_fd`; returns the bytes read.
size_t read_at(int folder_fd, const char* path, char* text, size_t capacity) noexcept;

// "TID" followed by `rest`, cut at `capacity`.
void put_task_path(char* path, size_t capacity, uint32_t tid, const char* rest) noexcept;

// Where `word` begins, null when it is not there.
[[nodiscard]] const char* find_text(const char* at, const char* end, const char* word, size_t size) noexcept;

// A hexadecimal number at `at`, which is moved behind it.
uint64_t take_hex(const char*& at, const char* end) noexcept;

}  // namespace crashwright::postmortem::core_self
