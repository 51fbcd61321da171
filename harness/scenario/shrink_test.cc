// Goal: a scenario is made as small as the way it fails allows, in few trials, and never into one that does not fail.
// Method: `still_fails` is a rule of the test's own, so that the right answer is known.

#include "harness/scenario/shrink.h"

#include <boost/test/unit_test.hpp>

#include "harness/scenario/value.h"

namespace crashwright::harness {
namespace {

constexpr const char* kText =
    "name: x\n"
    "session: {messages: 10000, symbols: 4, checkpoint_every: 10}\n"
    "exchange: {delay_us: 5, reject_every: 3}\n"
    "faults:\n"
    "  - sigkill: {at: feed.message, hit: 700}\n"
    "  - abort: {at: book.apply, hit: 90}\n"
    "  - sigkill: {at: gateway.send_order, hit: 5}\n"
    "expect: {rca: {cause: ABORT}}\n";

uint64_t number(const ScenarioText& scenario, const std::string& path) {
  const YamlNode* const node = scenario.find(path);
  return node == nullptr ? 0 : *parse_count(node->text);
}

struct Count {
  size_t trials = 0;
  std::string shrink(const std::string& text, const std::function<bool(const ScenarioText&)>& fails) {
    Shrinker shrinker([&](const std::string&, const std::string& changed) {
      ++trials;
      return fails(*ScenarioText::parse("x", changed)) ? Trial::kFails : Trial::kPasses;
    });
    return *shrinker.shrink(text);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_does_not_matter_goes) {
  Count count;
  const std::string smallest = count.shrink(kText, [](const ScenarioText& scenario) {
    for (size_t i = 0; i < 3; ++i) {
      if (scenario.find("faults." + std::to_string(i) + ".abort") != nullptr) return true;
    }
    return false;
  });
  BOOST_TEST(smallest ==
             "name: x\nsession: {messages: 1}\nfaults:\n  - abort: {at: book.apply, hit: 1}\n"
             "expect: {rca: {cause: ABORT}}\n");
  BOOST_TEST(count.trials < 30U);
}

BOOST_AUTO_TEST_CASE(numbers_come_close_to_the_smallest_that_fails) {
  Count count;
  const std::string smallest = count.shrink(kText, [](const ScenarioText& scenario) {
    return scenario.find("faults.0.sigkill") != nullptr && scenario.find("faults.1.abort") != nullptr &&
           scenario.find("exchange.reject_every") != nullptr && number(scenario, "session.messages") >= 3000 &&
           number(scenario, "faults.0.sigkill.hit") >= 41;
  });
  const ScenarioText scenario = *ScenarioText::parse("x", smallest);
  BOOST_TEST(number(scenario, "session.messages") >= 3000U);
  BOOST_TEST(number(scenario, "session.messages") <= 3100U);
  BOOST_TEST(number(scenario, "faults.0.sigkill.hit") >= 41U);
  BOOST_TEST(number(scenario, "faults.0.sigkill.hit") <= 42U);
  BOOST_TEST(number(scenario, "faults.1.abort.hit") == 1U);
  BOOST_TEST(scenario.find("exchange.delay_us") == nullptr);
  BOOST_TEST(scenario.find("session.symbols") == nullptr);
}

BOOST_AUTO_TEST_CASE(the_session_of_an_engine_of_ones_own_is_left_alone) {
  Count count;
  const std::string text = "name: x\nengine: {command: [./e], check: [./c]}\nfaults:\n  - sigkill: {after: 1s}\n";
  const std::string smallest = count.shrink(text, [](const ScenarioText& scenario) {
    BOOST_TEST(scenario.find("session") == nullptr);
    return scenario.find("faults.0.sigkill") != nullptr;
  });
  BOOST_TEST(smallest == text);
}

BOOST_AUTO_TEST_CASE(fewer_writes_are_lost) {
  Count count;
  const std::string smallest =
      count.shrink("name: x\nsession: {messages: 1}\nfaults:\n  - power_loss: {at: feed.message}\n",
                   [](const ScenarioText& scenario) {
                     const uint64_t lost = number(scenario, "faults.0.power_loss.lose");
                     return scenario.find("faults.0.power_loss") != nullptr && (lost == 0 || lost >= 11);
                   });
  BOOST_TEST(smallest == "name: x\nsession: {messages: 1}\nfaults:\n  - power_loss: {at: feed.message, lose: 11}\n");
}

BOOST_AUTO_TEST_CASE(no_trial_is_made_twice_or_after_the_last_one) {
  size_t trials = 0;
  std::set<std::string> seen;
  Shrinker shrinker([&](const std::string&, const std::string& text) {
    BOOST_TEST(seen.insert(text).second);
    return ++trials < 4 ? Trial::kPasses : Trial::kNoMore;
  });
  const auto smallest = shrinker.shrink(kText);
  BOOST_TEST(trials == 4U);
  BOOST_TEST((*smallest == ScenarioText::parse("x", kText)->text()));
  BOOST_TEST(!shrinker.shrink("name: [").has_value());
}

}  // namespace crashwright::harness
