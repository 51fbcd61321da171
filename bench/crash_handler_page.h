// What a victim tells the one who watches it, in a page of shared memory that outlives it.
//
// Threads: the dying thread writes, the watcher reads after the death. Signal context: writing yes.
#pragma once

#include <atomic>
#include <cstdint>

namespace crashwright::bench {

struct VictimPage {
  std::atomic<uint64_t> fault_ns;  // CLOCK_MONOTONIC, just before the fault
  std::atomic<uint32_t> dying_tid;
  std::atomic<uint32_t> installed;  // 1: the handler said that it is ready
  uint64_t marker_begin;            // code that a complete record shows
  uint64_t marker_end;
  char marker_name[64];
};

}  // namespace crashwright::bench
