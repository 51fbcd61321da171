// Who waits for whom, from a bare core: no symbols, no lock order records.
//
// A thread inside futex(2) waits on a word. If that word begins a pthread_mutex_t, the field behind it names the owner;
// if it holds the tid of a thread, it is pthread_join; a reader-writer lock names the writer that holds it. Readers
// leave no name: a thread that waits itself and has the lock's address on its stack is taken for one of them, and said
// to be likely. Condition variables and the like have no owner. A circle of such edges is a deadlock.
// Layout:  of glibc on x86-64: struct __pthread_mutex_s (lock at 0, owner at 8, users at 12) and struct
//          __pthread_rwlock_arch_t.
// Threads: any, one core at a time. Signal context: no. Errors: what cannot be read is no edge.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "rca/core_file.h"

namespace crashwright::rca {

enum class WaitKind : uint8_t { kMutex, kJoin, kRwlock, kCondition, kSemaphore, kOther };

[[nodiscard]] const char* wait_kind_name(WaitKind kind) noexcept;  // "mutex"

struct WaitEdge {
  int32_t waiter = 0;
  int32_t owner = 0;     // 0: nobody in particular
  uint64_t address = 0;  // of the lock, or of the word that the thread waits on
  WaitKind kind = WaitKind::kMutex;
  bool likely = false;  // the owner was guessed: a reader of a reader-writer lock
};

// What threads wait in by their stacks ("pthread_cond_wait"), where that is known.
using WaitPlaces = std::map<int32_t, WaitKind>;

// What the thread waits for, nothing when it runs or waits for no thread in particular.
[[nodiscard]] std::optional<WaitEdge> wait_of(const CoreFile& core, const CoreThread& thread);

// The edges of all threads that wait on a word; several of one thread when it waits for several readers.
[[nodiscard]] std::vector<WaitEdge> waits_in(const CoreFile& core, const WaitPlaces& places);

// The edges of one circle, in order; empty without a deadlock. A thread that waits for itself is a circle of one. A
// circle of certain edges goes before one with likely ones.
[[nodiscard]] std::vector<WaitEdge> find_wait_cycle(const std::vector<WaitEdge>& waits);
[[nodiscard]] std::vector<WaitEdge> find_wait_cycle(const CoreFile& core);

// True when the thread was inside a blocking system call (sched_yield(2) does not count).
[[nodiscard]] bool is_blocked(const CoreFile& core, const CoreThread& thread);

}  // namespace crashwright::rca
