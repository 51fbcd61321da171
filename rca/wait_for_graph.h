// Who waits for whom, from a bare core: no symbols, no lock order records.
//
// A thread inside futex(2) waits on a word. If that word begins a pthread_mutex_t, the field behind it names the owner;
// if it holds the tid of a thread, it is pthread_join. A circle of such edges is a deadlock.
// Layout:  struct __pthread_mutex_s of glibc on x86-64: lock at 0, owner at 8, users at 12.
// Threads: any, one core at a time. Signal context: no. Errors: what cannot be read is no edge.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rca/core_file.h"

namespace crashwright::rca {

struct WaitEdge {
  int32_t waiter = 0;
  int32_t owner = 0;
  uint64_t address = 0;  // of the mutex, or of the word of pthread_join
  bool joins = false;
};

// What the thread waits for, nothing when it runs or waits for no thread in particular.
[[nodiscard]] std::optional<WaitEdge> wait_of(const CoreFile& core, const CoreThread& thread);

// The edges of one circle, in order; empty without a deadlock. A thread that waits for itself is a circle of one.
[[nodiscard]] std::vector<WaitEdge> find_wait_cycle(const CoreFile& core);

// True when the thread was inside a blocking system call (sched_yield(2) does not count).
[[nodiscard]] bool is_blocked(const CoreFile& core, const CoreThread& thread);

}  // namespace crashwright::rca
