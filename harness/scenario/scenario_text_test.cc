// Goal: a scenario's text is changed key by key and stays a scenario that means the same elsewhere.

#include "harness/scenario/scenario_text.h"

#include <boost/test/unit_test.hpp>

#include "harness/scenario/loader.h"

namespace crashwright::harness {
namespace {

constexpr const char* kText =
    "# a comment\n"
    "name: \"yes\"\n"
    "why: >-\n  because: it\n  matters\n"
    "tags: [smoke, slow]\n"
    "session:\n  messages: 500\n"
    "faults:\n"
    "  - sigkill: {at: feed.message, hit: 3}\n"
    "  - bit_flip: {file: audit.log, where: -100B}\n";

ScenarioText parsed(const std::string& text) {
  auto scenario = ScenarioText::parse("x.yaml", text);
  BOOST_REQUIRE(scenario.has_value());
  return *scenario;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_not_touched_stays_as_it_is) {
  const std::string expected =
      "name: \"yes\"\n"
      "why: \"because: it matters\"\n"
      "tags: [smoke, slow]\n"
      "session: {messages: 500}\n"
      "faults:\n"
      "  - sigkill: {at: feed.message, hit: 3}\n"
      "  - bit_flip: {file: audit.log, where: -100B}\n";
  BOOST_TEST(parsed(kText).text() == expected);
  BOOST_TEST(parsed(expected).text() == expected);
}

BOOST_AUTO_TEST_CASE(keys_are_set_and_sections_made) {
  ScenarioText scenario = parsed("name: a\n");
  BOOST_TEST(scenario.set("session.messages", "7").has_value());
  BOOST_TEST(scenario.set("session.messages", "8").has_value());
  BOOST_TEST(scenario.set("tags", "[x, y]").has_value());
  BOOST_TEST(scenario.text() == "name: a\nsession: {messages: 8}\ntags: [x, y]\n");
  BOOST_TEST(!scenario.set("name.first", "b").has_value());
  BOOST_TEST(!scenario.set("tags.7", "b").has_value());
  BOOST_TEST(!scenario.set("", "b").has_value());
  BOOST_TEST(!scenario.set("tags", "[x").has_value());
}

BOOST_AUTO_TEST_CASE(faults_are_reached_by_their_place_and_removed) {
  ScenarioText scenario = parsed(kText);
  BOOST_REQUIRE(scenario.find("faults.0.sigkill.hit") != nullptr);
  BOOST_TEST(scenario.find("faults.0.sigkill.hit")->text == "3");
  BOOST_TEST(scenario.set("faults.0.sigkill.hit", "1").has_value());
  BOOST_TEST(scenario.remove("faults.1"));
  BOOST_TEST(!scenario.remove("faults.1"));
  BOOST_TEST(scenario.remove("session.messages"));
  BOOST_TEST(scenario.text() ==
             "name: \"yes\"\nwhy: \"because: it matters\"\ntags: [smoke, slow]\nfaults:\n"
             "  - sigkill: {at: feed.message, hit: 1}\n");
  BOOST_TEST(load_scenario_text("x.yaml", scenario.text()).diagnostics.empty());
}

BOOST_AUTO_TEST_CASE(text_that_is_no_scenario_is_refused_with_its_place) {
  const auto broken = ScenarioText::parse("x.yaml", "name: [\n");
  BOOST_REQUIRE(!broken.has_value());
  BOOST_TEST(broken.error().message.find("x.yaml:") == 0U);
}

}  // namespace crashwright::harness
