// Goal: parts that scenarios have in common are merged as documented, and every way to get it wrong has its place.
// Method: small folders of files; texts to the letter.

#include "harness/scenario/include.h"

#include <boost/test/unit_test.hpp>

#include "harness/scenario/loader.h"
#include "harness/scenario/testing_folder.h"

namespace crashwright::harness {
namespace {

std::string complaints(const TestFolder& folder, const std::string& file) {
  return folder.complaints(load_scenarios({folder.path + "/" + file}).diagnostics);
}

Scenario only(const TestFolder& folder, const std::string& file) {
  Loaded loaded = load_scenarios({folder.path + "/" + file});
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  BOOST_REQUIRE(loaded.scenarios.size() == 1);
  return std::move(loaded.scenarios.front());
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_stands_in_the_scenario_wins_over_its_parts) {
  const TestFolder folder;
  folder.write("common/slow.part.yaml",
               "session: {messages: 500, symbols: 3}\nexchange: {delay: 1ms}\ntags: [slow, common]\n");
  folder.write("a/x.yaml", "name: x\ninclude: ../common/slow.part.yaml\nsession: {messages: 700}\ntags: [mine]\n");
  const Scenario scenario = only(folder, "a/x.yaml");
  BOOST_TEST(scenario.session.messages == 700);
  BOOST_TEST(scenario.session.symbols == 3);
  BOOST_TEST(scenario.exchange.delay_us == 1'000);
  BOOST_TEST(scenario.tags == std::vector<std::string>{"mine"});
}

BOOST_AUTO_TEST_CASE(the_text_of_a_scenario_with_parts_stands_alone) {
  const TestFolder folder;
  folder.write("a.part.yaml", "session: {messages: 500}\nfaults:\n  - sigkill: {at: feed.message, hit: 3}\n");
  folder.write("x.yaml", "name: x\nwhy: \"a: b\"\ninclude: a.part.yaml\n");
  const Scenario scenario = only(folder, "x.yaml");
  BOOST_TEST(scenario.text ==
             "name: x\nwhy: \"a: b\"\nsession: {messages: 500}\nfaults:\n  - sigkill: {at: feed.message, hit: 3}\n");
  BOOST_TEST(!scenario.resolved);
  const Loaded again = load_scenario_text("elsewhere/scenario.yaml", scenario.text);
  BOOST_REQUIRE(again.scenarios.size() == 1);
  BOOST_TEST(again.scenarios.front().why == "a: b");
}

BOOST_AUTO_TEST_CASE(parts_may_include_parts_relative_to_themselves) {
  const TestFolder folder;
  folder.write("x.yaml", "name: x\ninclude: [p/a.part.yaml, p/b.part.yaml]\n");
  folder.write("p/a.part.yaml", "include: deeper/c.part.yaml\nsession: {messages: 500}\n");
  folder.write("p/deeper/c.part.yaml", "session: {messages: 1, symbols: 2}\n");
  folder.write("p/b.part.yaml", "session: {feed_rate: 100}\n");
  const Scenario scenario = only(folder, "x.yaml");
  BOOST_TEST(scenario.session.messages == 500);
  BOOST_TEST(scenario.session.symbols == 2);
  BOOST_TEST(scenario.session.feed_rate == 100);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_part_is_shown_in_the_part) {
  const TestFolder folder;
  folder.write("x.yaml", "name: x\ninclude: a.part.yaml\nsesion: {}\n");
  folder.write("a.part.yaml", "session:\n  mesages: 5\nfaults:\n  - sigkill: {at: feed.mesage}\n");
  BOOST_TEST(complaints(folder, "x.yaml") ==
             "a.part.yaml:2:3: error CW110: no key \"mesages\" in session\n"
             "    2 |   mesages: 5\n"
             "      |   ^^^^^^^\n"
             "      = did you mean \"messages\"?\n"
             "x.yaml:3:1: error CW110: no key \"sesion\" in a scenario\n"
             "    3 | sesion: {}\n"
             "      | ^^^^^^\n"
             "      = did you mean \"session\"?\n"
             "2 errors\n");
  const Loaded loaded = load_scenarios({folder.path + "/x.yaml"});
  BOOST_TEST(folder.without_path(diagnostics_to_text(check_fault_points(loaded.broken, {"feed.message"}))) ==
             "a.part.yaml:4:19: error CW131: no fault point \"feed.mesage\" in this engine\n"
             "    4 |   - sigkill: {at: feed.mesage}\n"
             "      |                   ^^^^^^^^^^^\n"
             "      = did you mean \"feed.message\"?\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(a_circle_is_refused_with_both_of_its_ends) {
  const TestFolder folder;
  folder.write("x.yaml", "name: x\ninclude: a.part.yaml\n");
  folder.write("a.part.yaml", "include: b.part.yaml\n");
  folder.write("b.part.yaml", "tags: [b]\ninclude: [a.part.yaml]\n");
  BOOST_TEST(complaints(folder, "x.yaml") ==
             "b.part.yaml:2:11: error CW109: a.part.yaml includes itself, in a circle\n"
             "    2 | include: [a.part.yaml]\n"
             "      |           ^^^^^^^^^^^\n"
             "      = it is included at x.yaml:2:10 already\n"
             "1 error\n");
  folder.write("self.yaml", "name: x\ninclude: ./self.yaml\n");
  BOOST_TEST(complaints(folder, "self.yaml") ==
             "self.yaml:2:10: error CW109: self.yaml includes itself, in a circle\n"
             "    2 | include: ./self.yaml\n"
             "      |          ^^^^^^^^^^^\n"
             "      = it includes itself\n"
             "1 error\n");
  folder.write("a.part.yaml", "include: x.yaml\n");
  BOOST_TEST(complaints(folder, "x.yaml") ==
             "a.part.yaml:1:10: error CW109: x.yaml includes itself, in a circle\n"
             "    1 | include: x.yaml\n"
             "      |          ^^^^^^\n"
             "      = a.part.yaml is included at x.yaml:2:10\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(one_part_may_be_included_twice_side_by_side) {
  const TestFolder folder;
  folder.write("x.yaml", "name: x\ninclude: [a.part.yaml, b.part.yaml]\n");
  folder.write("a.part.yaml", "include: c.part.yaml\n");
  folder.write("b.part.yaml", "tags: [b]\n");
  folder.write("c.part.yaml", "session: {messages: 5}\n");
  BOOST_TEST(only(folder, "x.yaml").session.messages == 5);
}

BOOST_AUTO_TEST_CASE(two_parts_that_give_one_key_are_refused) {
  const TestFolder folder;
  folder.write("x.yaml", "name: x\ninclude: [a.part.yaml, b.part.yaml]\n");
  folder.write("a.part.yaml", "session: {messages: 5}\n");
  folder.write("b.part.yaml", "session: {symbols: 2, messages: 6}\n");
  BOOST_TEST(complaints(folder, "x.yaml") ==
             "b.part.yaml:1:23: error CW114: \"messages\" is given by two included parts\n"
             "    1 | session: {symbols: 2, messages: 6}\n"
             "      |                       ^^^^^^^^\n"
             "      = the other one is at a.part.yaml:1:21\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_included_is_told_at_the_include) {
  const TestFolder folder;
  folder.write("x.yaml", "include:\n  - none.part.yaml\n  - .\n  - list.part.yaml\n  - torn.part.yaml\n");
  folder.write("list.part.yaml", "- a\n");
  folder.write("torn.part.yaml", "session: [\n");
  BOOST_TEST(complaints(folder, "x.yaml") ==
             "list.part.yaml:1:1: error CW113: a part is a map, not a list\n"
             "    1 | - a\n"
             "      | ^\n"
             "      = a part holds keys of a scenario\n"
             "torn.part.yaml:1:10: error CW103: not valid YAML: the bracket is not closed\n"
             "    1 | session: [\n"
             "      |          ^\n"
             "      = close it with the other one\n"
             "x.yaml:2:5: error CW108: cannot include none.part.yaml: no such file\n"
             "    2 |   - none.part.yaml\n"
             "      |     ^^^^^^^^^^^^^^\n"
             "      = the path is relative to the folder of this file\n"
             "x.yaml:3:5: error CW108: \".\" is not the name of a part\n"
             "    3 |   - .\n"
             "      |     ^\n"
             "      = a part is called NAME.part.yaml,\n"
             "        so that no folder takes it for a scenario\n"
             "4 errors\n");
}

BOOST_AUTO_TEST_CASE(depth_and_number_of_parts_are_limited) {
  const TestFolder folder;
  folder.write("x.yaml", "name: x\ninclude: 0.part.yaml\n");
  for (size_t i = 0; i <= kIncludeDepthMax; ++i) {
    folder.write(std::to_string(i) + ".part.yaml", "include: " + std::to_string(i + 1) + ".part.yaml\n");
  }
  BOOST_TEST(complaints(folder, "x.yaml") ==
             "4.part.yaml:1:10: error CW108: more than 5 levels of \"include\"\n"
             "    1 | include: 5.part.yaml\n"
             "      |          ^^^^^^^^^^^\n"
             "      = include the parts directly\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(a_folder_does_not_take_its_parts_for_scenarios) {
  const TestFolder folder;
  folder.write("x.yaml", "name: x\ninclude: a.part.yaml\n");
  folder.write("a.part.yaml", "session: {messages: 5}\n");
  const Loaded loaded = load_scenarios({folder.path});
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  BOOST_TEST(loaded.scenarios.size() == 1);
}

}  // namespace crashwright::harness
