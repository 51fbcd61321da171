// Goal: everything pushed arrives once, in order, also when the ring is full all the time. Method: two real threads.
#include "mock_engine/spsc_ring.h"

#include <sched.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <thread>

using crashwright::mock_engine::SpscRing;

BOOST_AUTO_TEST_CASE(a_full_ring_refuses_and_an_empty_one_has_nothing) {
  SpscRing<int> ring(4);
  int value = 0;
  BOOST_TEST(!ring.pop(value));
  for (int i = 0; i < 4; ++i) BOOST_TEST(ring.push(i));
  BOOST_TEST(!ring.push(4));
  for (int i = 0; i < 4; ++i) {
    BOOST_TEST(ring.pop(value));
    BOOST_TEST(value == i);
  }
  BOOST_TEST(!ring.pop(value));
}

BOOST_AUTO_TEST_CASE(two_threads_hand_over_everything_in_order) {
  constexpr uint64_t kCount = 200'000;
  SpscRing<uint64_t> ring(8);
  std::thread producer([&] {
    for (uint64_t i = 1; i <= kCount; ++i) {
      while (!ring.push(i)) ::sched_yield();
    }
  });
  uint64_t expected = 1;
  bool in_order = true;
  while (expected <= kCount) {
    uint64_t value = 0;
    if (!ring.pop(value)) {
      ::sched_yield();
      continue;
    }
    in_order = in_order && value == expected;
    ++expected;
  }
  producer.join();
  BOOST_TEST(in_order);
}
