// Goal: an event clock says what the system's clocks say, from any thread, whatever becomes of them.
// Method: readings between two readings of the system's clocks; the bound of the header and the time in between.
#include "postmortem/event_clock.h"

#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kErrorNs = 2'000;

// How many of `count` readings lie outside the readings of the system before and after them.
size_t outside(EventClock& clock, size_t count) {
  size_t wrong = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t before = monotonic_ns();
    const uint64_t wall_before = wall_ns();
    const EventClock::Time time = clock.now();
    const uint64_t after = monotonic_ns();
    const uint64_t wall_after = wall_ns();
    const bool monotonic_fits = time.monotonic_ns + kErrorNs >= before && time.monotonic_ns <= after + kErrorNs;
    const bool wall_fits = time.wall_ns + kErrorNs >= wall_before && time.wall_ns <= wall_after + kErrorNs;
    wrong += monotonic_fits && wall_fits ? 0 : 1;
  }
  return wrong;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_event_lies_between_the_readings_around_it) {
  EventClock clock;
  BOOST_TEST(outside(clock, 500'000) == 0U);
}

BOOST_AUTO_TEST_CASE(many_threads_read_it_at_once) {
  EventClock clock;
  std::vector<size_t> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < wrong.size(); ++i) {
      threads.emplace_back([&clock, &count = wrong[i]] { count = outside(clock, 200'000); });
    }
  }
  for (const size_t count : wrong) BOOST_TEST(count == 0U);
}

}  // namespace crashwright::postmortem
