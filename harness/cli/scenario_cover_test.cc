// Goal: the set is valid, and no smaller one exists.
#include "harness/cli/scenario_cover.h"

#include <boost/test/unit_test.hpp>

namespace crashwright::harness::cli {

using Names = std::vector<std::string>;

BOOST_AUTO_TEST_CASE(nothing_is_covered_by_nothing) {
  BOOST_TEST(smallest_cover({}).empty());
  BOOST_TEST(smallest_cover({{}, {}}).empty());
}

BOOST_AUTO_TEST_CASE(what_one_scenario_alone_catches_needs_that_scenario) {
  BOOST_TEST((smallest_cover({{"a"}, {"b", "c"}, {"c"}}) == Names{"a", "c"}));
}

BOOST_AUTO_TEST_CASE(a_greedy_choice_that_is_too_large_is_not_taken) {
  // "wide" catches most at once, and yet the two others do it alone.
  const std::vector<Names> bugs = {{"left", "wide"},  {"left", "wide"},  {"left"},
                                   {"right", "wide"}, {"right", "wide"}, {"right"}};
  BOOST_TEST((smallest_cover(bugs) == Names{"left", "right"}));
}

BOOST_AUTO_TEST_CASE(of_equal_sets_the_first_by_name_is_taken) {
  BOOST_TEST((smallest_cover({{"b", "a"}, {"a", "b"}}) == Names{"a"}));
}

}  // namespace crashwright::harness::cli
