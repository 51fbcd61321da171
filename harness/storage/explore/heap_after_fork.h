// For tests: counts calls of the heap in processes that this one forked and that have executed nothing yet.
//
// Linked into a test, it stands in front of malloc() and its like. Not in sanitized builds: their heap is their own.
// Threads: any. Errors: none.
#pragma once

#include <cstdint>

namespace crashwright::harness {

[[nodiscard]] bool heap_is_watched() noexcept;
void watch_heap_after_fork();  // from now on, in children of the process that calls
[[nodiscard]] uint64_t heap_calls_after_fork() noexcept;

}  // namespace crashwright::harness
