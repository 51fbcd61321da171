// Sleep on a 32-bit word and wake its sleepers, without any lock (futex(2)).
//
// Threads: any of one process. Errors: none; a wait may return early for any reason, callers check their condition in a
// loop. Signal context: futex_wake yes, futex_wait no.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace crashwright::postmortem {

// Sleeps while `word` holds `expected`, at most `timeout` (negative: without limit).
void futex_wait(std::atomic<uint32_t>& word, uint32_t expected, std::chrono::nanoseconds timeout) noexcept;
void futex_wake_all(std::atomic<uint32_t>& word) noexcept;

}  // namespace crashwright::postmortem
