// Goal: a set of numbers is one, wherever they lie. Method: random changes beside std::set.
#include "harness/storage/number_set.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/random.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr uint64_t kSeed = 20'260'102;

void compare(const NumberSet& numbers, const std::set<uint64_t>& expected, uint64_t until) {
  BOOST_REQUIRE(numbers.empty() == expected.empty());
  if (!expected.empty()) BOOST_REQUIRE(numbers.first() == *expected.begin());
  for (uint64_t number = 0; number < until; ++number) {
    BOOST_REQUIRE(numbers.contains(number) == expected.contains(number));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_put_in_and_ranges_taken_out_are_those_of_a_set) {
  Random random(kSeed);
  NumberSet numbers;
  std::set<uint64_t> expected;
  constexpr uint64_t kUntil = 3'000;
  for (int round = 0; round < 300; ++round) {
    for (uint64_t i = random.below(200); i > 0; --i) {
      const uint64_t number = random.below(kUntil);
      numbers.insert(number);
      expected.insert(number);
    }
    const uint64_t begin = random.below(kUntil);
    const uint64_t end = begin + random.below(round % 3 == 0 ? 70 : kUntil);
    numbers.erase(begin, end);
    expected.erase(expected.lower_bound(begin), expected.lower_bound(end));
    compare(numbers, expected, kUntil);
  }
}

BOOST_AUTO_TEST_CASE(everything_from_a_number_on_can_be_taken_out) {
  NumberSet numbers;
  for (const uint64_t number :
       {uint64_t{5}, uint64_t{63}, uint64_t{64}, uint64_t{511}, uint64_t{512}, uint64_t{1} << 52}) {
    numbers.insert(number);
  }
  numbers.erase(64, UINT64_MAX);
  compare(numbers, {5, 63}, 2'000);
  BOOST_TEST(!numbers.contains(uint64_t{1} << 52));
  numbers.erase(0, 64);
  BOOST_TEST(numbers.empty());
}
