// Keeps what reading mapped storage records brings into memory below a bound, whatever the records' size.
//
// Who reads a record says so. Address space is counted in windows of 2 MiB, the most that the kernel maps for a single
// byte (a folio as large as the write that made it was); once too many were touched, the pages of all records of this
// process go back to the kernel, which has them on disk. Views into them stay valid: the next read brings them in anew.
// Threads: any. Errors: none. Cost: two loads where the window was touched before.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace crashwright::harness {

class StorageRecord;

// Records of no more bytes than this stay in memory: to bring them back would cost more than they take.
inline constexpr uint64_t kRecordBytesResidentMax = uint64_t{32} << 20;

namespace record_pages {

inline constexpr uint64_t kWindowBytes = uint64_t{2} << 20;
inline constexpr size_t kWindowsKnown = 8;

// Windows that this thread touched since pages were last given back.
struct TouchedWindows {
  uint64_t round = 0;
  uint64_t windows[kWindowsKnown] = {};
};
inline constinit thread_local TouchedWindows touched_here;
inline constinit std::atomic<uint64_t> round{1};  // grows each time that pages are given back

void touch(uint64_t window) noexcept;
// Of a record that is mapped from now on, or no longer.
void add(const StorageRecord& record);
void remove(const StorageRecord& record);

}  // namespace record_pages

// `bytes` from `from` on were read or are about to be.
inline void note_record_read(const void* from, uint64_t bytes) noexcept {
  using namespace record_pages;
  const uint64_t first = reinterpret_cast<uintptr_t>(from) / kWindowBytes;
  const uint64_t last = (reinterpret_cast<uintptr_t>(from) + bytes - (bytes == 0 ? 0 : 1)) / kWindowBytes;
  const TouchedWindows& known = touched_here;
  for (uint64_t window = first; window <= last; ++window) {
    const bool touched =
        known.windows[window % kWindowsKnown] == window && known.round == round.load(std::memory_order_relaxed);
    if (!touched) touch(window);
  }
}

}  // namespace crashwright::harness
