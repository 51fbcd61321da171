// Wall and monotonic time of one event for the price of one reading of the time stamp counter.
//
// The clocks of the system are read every kFreshNs; in between, time is what the counter has gone on since, at the rate
// that it has shown since the clock was made. A step of the wall clock shows at once thereafter. The slewing of a
// disciplined clock (500 parts in a million at most) and what lies between the readings make an error below 2 us, by
// which a time may also lie before the one given out last. Without a counter that can be trusted (flight_clock.h), and
// until its rate is known, the system's clock is read each time.
// Threads: any. Errors: none. Units: nanoseconds. Signal context: yes, but for the constructor.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "postmortem/flight_clock.h"

namespace crashwright::postmortem {

class EventClock {
 public:
  struct Time {
    uint64_t wall_ns;
    uint64_t monotonic_ns;
  };

  EventClock() noexcept;

  [[nodiscard]] Time now() noexcept {
    const uint32_t taken = taken_.load(std::memory_order_acquire);
    const Reading& last = readings_[taken % kReadings];
    const uint64_t monotonic = last.monotonic_ns.load(std::memory_order_relaxed);
    const uint64_t distance = last.wall_distance_ns.load(std::memory_order_relaxed);
    const uint64_t since = read_ticks(clock_) - last.ticks.load(std::memory_order_relaxed);
    const uint64_t rate = last.rate.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    // Since zero or more ticks, however far apart two processors' counters are: a negative number is a large one.
    if (since > last.fresh_ticks.load(std::memory_order_relaxed) || taken_.load(std::memory_order_relaxed) != taken) {
      return read(taken);
    }
    const uint64_t here = monotonic + ((since * rate) >> kRateBits);
    return {here + distance, here};
  }

 private:
  static constexpr uint64_t kFreshNs = 1'000'000;
  static constexpr unsigned kRateBits = 32;
  static constexpr size_t kReadings = 4;  // a reader has three more of them to finish

  struct Reading {
    std::atomic<uint64_t> ticks{0};
    std::atomic<uint64_t> monotonic_ns{0};
    std::atomic<uint64_t> wall_distance_ns{0};
    std::atomic<uint64_t> rate{0};         // nanoseconds a tick, times 2^32
    std::atomic<uint64_t> fresh_ticks{0};  // how long it may be used; 0: not at all
  };

  // The clocks of the system; they become the newest reading unless somebody else is at it, or was since `taken`.
  Time read(uint32_t taken) noexcept;
  void publish(uint64_t ticks, const Time& time, uint32_t number) noexcept;

  const FlightClock clock_;
  uint64_t begun_ticks_ = 0;  // this moment
  uint64_t begun_ns_ = 0;     // in both
  Reading readings_[kReadings];
  std::atomic<uint32_t> taken_{0};
  std::atomic<bool> taking_{false};
  uint64_t shortest_ticks_ = UINT64_MAX;  // that a reading of all clocks took; of who is taking
};

}  // namespace crashwright::postmortem
