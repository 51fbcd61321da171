#include "postmortem/event_clock.h"

#include <algorithm>

#include "postmortem/injection.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kRateKnownAfterNs = 1'000'000;
constexpr int kTriesAtFirst = 8;
constexpr uint64_t kOneMomentFactor = 4;  // times the shortest that reading all clocks ever took

}  // namespace

// The shortest of some tries: were the thread put off between the two clocks, every rate would be wrong by that.
EventClock::EventClock() noexcept : clock_(best_flight_clock()) {
  for (int i = 0; i < kTriesAtFirst; ++i) {
    const uint64_t before = read_ticks(clock_);
    const uint64_t monotonic = monotonic_ns();
    static_cast<void>(wall_ns());  // as read() does
    const uint64_t took = read_ticks(clock_) - before;
    if (took >= shortest_ticks_) continue;
    shortest_ticks_ = took;
    begun_ticks_ = before + took / 2;
    begun_ns_ = monotonic;
  }
}

EventClock::Time EventClock::read(uint32_t taken) noexcept {
  const uint64_t before = read_ticks(clock_);
  const uint64_t monotonic = monotonic_ns();
  const uint64_t wall = wall_ns() + static_cast<uint64_t>(injection::wall_step_ns());
  const uint64_t took = read_ticks(clock_) - before;
  const Time time{wall, monotonic};
  if (clock_ != FlightClock::kTimeStampCounter || monotonic - begun_ns_ < kRateKnownAfterNs) return time;
  if (taking_.exchange(true, std::memory_order_acquire)) return time;
  shortest_ticks_ = std::min(shortest_ticks_, took);
  // Otherwise somebody else ran in between, and the readings are not of one moment.
  const bool one_moment = took <= kOneMomentFactor * shortest_ticks_;
  if (one_moment && taken_.load(std::memory_order_relaxed) == taken) publish(before + took / 2, time, taken + 1);
  taking_.store(false, std::memory_order_release);
  return time;
}

void EventClock::publish(uint64_t ticks, const Time& time, uint32_t number) noexcept {
  const double ns_a_tick =
      static_cast<double>(time.monotonic_ns - begun_ns_) / static_cast<double>(ticks - begun_ticks_);
  Reading& next = readings_[number % kReadings];
  next.ticks.store(ticks, std::memory_order_relaxed);
  next.monotonic_ns.store(time.monotonic_ns, std::memory_order_relaxed);
  next.wall_distance_ns.store(time.wall_ns - time.monotonic_ns, std::memory_order_relaxed);
  next.rate.store(static_cast<uint64_t>(ns_a_tick * static_cast<double>(uint64_t{1} << kRateBits)),
                  std::memory_order_relaxed);
  next.fresh_ticks.store(static_cast<uint64_t>(static_cast<double>(kFreshNs) / ns_a_tick), std::memory_order_relaxed);
  taken_.store(number, std::memory_order_release);
}

}  // namespace crashwright::postmortem
