// A bounded queue between exactly one producer thread and exactly one consumer thread, without locks.
//
// Threads: push from one thread, pop from one other; each side keeps the other's index cached so that the shared line
//          moves only when the cached view runs out.
// Errors:  none; push says false when full, pop says false when empty, and the caller decides how to wait.
// Source:  Lamport, "Specifying Concurrent Program Modules" (1983), with the cached indices of FastForward-like queues.
// Signal context: no.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/check.h"

namespace crashwright::mock_engine {

template <typename T>
class SpscRing {
 public:
  // `capacity`: a power of two.
  explicit SpscRing(size_t capacity) : mask_(capacity - 1), slots_(std::make_unique<T[]>(capacity)) {
    CRASHWRIGHT_CHECK(capacity >= 2 && (capacity & mask_) == 0, "index arithmetic needs a power of two");
  }

  [[nodiscard]] bool push(const T& value) noexcept {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ > mask_) return false;
    }
    slots_[tail & mask_] = value;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  [[nodiscard]] bool pop(T& value) noexcept {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    value = slots_[head & mask_];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

 private:
  const size_t mask_;
  const std::unique_ptr<T[]> slots_;
  // Producer's line, consumer's line: index and what it last saw of the other.
  alignas(64) std::atomic<size_t> tail_{0};
  size_t head_seen_ = 0;
  alignas(64) std::atomic<size_t> head_{0};
  size_t tail_seen_ = 0;
};

}  // namespace crashwright::mock_engine
