// Goal: one * stands for any text, a pattern is about the whole name, and a mistyped one finds its neighbour.

#include "harness/scenario/name_pattern.h"

#include <boost/test/unit_test.hpp>

namespace crashwright::harness {

BOOST_AUTO_TEST_CASE(patterns_match_whole_names) {
  BOOST_TEST(matches_pattern("gateway.send_order", "*"));
  BOOST_TEST(matches_pattern("gateway.send_order", "**"));
  BOOST_TEST(matches_pattern("gateway.send_order", "gateway.*"));
  BOOST_TEST(matches_pattern("gateway.send_order", "gateway.**"));
  BOOST_TEST(matches_pattern("gateway.send_order", "gateway.send_order*"));
  BOOST_TEST(matches_pattern("gateway.send_order", "*send*"));
  BOOST_TEST(matches_pattern("gateway.send_order", "*e*d*r"));
  BOOST_TEST(matches_pattern("gateway.send_order", "gateway.send_order"));
  BOOST_TEST(matches_pattern("aab", "*ab"));
  BOOST_TEST(!matches_pattern("gateway.send_order", "gateway"));
  BOOST_TEST(!matches_pattern("gateway.send_order", "*send"));
  BOOST_TEST(!matches_pattern("gateway.send_order", "gateway.send_order.*"));
  BOOST_TEST(!matches_pattern("", "a*"));
  BOOST_TEST(!matches_pattern("a", ""));
  BOOST_TEST(matches_pattern("", "*"));
  BOOST_TEST(matches_pattern("", ""));
}

BOOST_AUTO_TEST_CASE(many_stars_end_in_time) {
  const std::string name(5'000, 'a');
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  BOOST_TEST(matches_pattern(name, pattern));
  BOOST_TEST(!matches_pattern(name, pattern + "b"));
}

BOOST_AUTO_TEST_CASE(a_pattern_without_a_match_finds_its_neighbour) {
  const std::vector<std::string> names = {"gateway.send_order", "recovery.replay"};
  BOOST_TEST(pattern_suggestion("gatway.*", names) == "did you mean \"gateway.*\"?");
  BOOST_TEST(pattern_suggestion("*.send_oder", names) == "did you mean \"*.send_order\"?");
  BOOST_TEST(pattern_suggestion("recovery.rep*lay_", names) == "did you mean \"recovery.replay\"?");
  BOOST_TEST(pattern_suggestion("nothing_like_it*", names) == "");
}

}  // namespace crashwright::harness
