// Wall and monotonic time of one event for the price of one clock.
//
// The distance between the two clocks is taken anew after kFreshNs: a step of the wall clock shows at once thereafter,
// and the slewing of a disciplined clock (500 parts in a million at most) makes an error below 1 us.
// Threads: any. Errors: none. Units: nanoseconds. Signal context: yes.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "postmortem/injection.h"

namespace crashwright::postmortem {

class EventClock {
 public:
  struct Time {
    uint64_t wall_ns;
    uint64_t monotonic_ns;
  };

  [[nodiscard]] Time now() noexcept {
    const uint64_t monotonic = monotonic_ns();
    if (monotonic - taken_ns_.load(std::memory_order_relaxed) > kFreshNs) {
      const uint64_t wall = wall_ns() + static_cast<uint64_t>(injection::wall_step_ns());
      distance_ns_.store(wall - monotonic, std::memory_order_relaxed);
      taken_ns_.store(monotonic, std::memory_order_relaxed);
    }
    return {monotonic + distance_ns_.load(std::memory_order_relaxed), monotonic};
  }

 private:
  static constexpr uint64_t kFreshNs = 1'000'000;

  std::atomic<uint64_t> taken_ns_{0};
  std::atomic<uint64_t> distance_ns_{0};
};

}  // namespace crashwright::postmortem
