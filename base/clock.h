// The clocks the project uses, as plain nanosecond counts where they are stored.
//
// Threads: any. Signal context: yes (clock_gettime is async-signal-safe, signal-safety(7)).
#pragma once

#include <chrono>
#include <cstdint>

namespace crashwright {

// CLOCK_MONOTONIC in nanoseconds; comparable between processes of one boot.
[[nodiscard]] uint64_t monotonic_ns() noexcept;
// CLOCK_REALTIME in nanoseconds since the Unix epoch.
[[nodiscard]] uint64_t wall_ns() noexcept;

// A point in time by which something must have happened.
class Deadline {
 public:
  explicit Deadline(std::chrono::nanoseconds from_now)
      : at_ns_(monotonic_ns() + static_cast<uint64_t>(from_now.count())) {}
  [[nodiscard]] bool passed() const noexcept { return monotonic_ns() >= at_ns_; }
  // Never negative.
  [[nodiscard]] std::chrono::nanoseconds remaining() const noexcept;

 private:
  uint64_t at_ns_;
};

}  // namespace crashwright
