// Goal: cases share an uninterrupted run only when it is the same for both of them, so that no verdict depends on which
// other cases a run has.
// Method: the table of the scenario language, key by key; a new key is tried without being named here.
#include "harness/runner/golden.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <set>

#include "harness/scenario/fields.h"
#include "harness/scenario/loader.h"

namespace crashwright::harness {
namespace {

std::string key_of(const std::string& text) {
  const Loaded loaded = load_scenario_text("scenarios/x.yaml", text);
  BOOST_REQUIRE_MESSAGE(loaded.diagnostics.empty(), diagnostics_to_text(loaded.diagnostics));
  const std::vector<Plan> plans = make_plans(loaded.scenarios, {});
  BOOST_REQUIRE(plans.size() == 1);
  return golden_key(plans.front());
}

// What belongs to a death alone: of an uninterrupted run none of it can be seen.
const std::set<std::string> kOfDeathsAlone = {"session.stall_after", "session.second_engine",
                                              "session.configuration_later", "session.compare_drop_copy",
                                              "exchange.new_session_after"};

bool decides_session(const Field& field) { return field.section == "session" || field.section == "exchange"; }

// Scenarios that differ in this field alone, the default among them.
std::vector<std::string> scenarios_of(const Field& field) {
  std::vector<std::string> texts = {"name: x\n"};
  const auto with = [&](const std::string& value) {
    texts.push_back(fmt::format("name: x\n{}: {{{}}}\n", field.section, value));
  };
  if (field.words != nullptr) {
    for (const std::string& word : field.words()) {
      if (word != field.default_text) with(field.name + ": " + word);
    }
  } else {
    with(field.example != field.name + ": " + field.default_text ? field.example : field.name + ": other");
  }
  return texts;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_setting_of_session_and_exchange_has_an_uninterrupted_run_of_its_own) {
  size_t tried = 0;
  for (const Field& field : all_fields()) {
    if (!decides_session(field)) continue;
    const std::string name = field.section + "." + field.name;
    BOOST_TEST_CONTEXT(name) {
      std::set<std::string> keys;
      const auto scenarios = scenarios_of(field);
      for (const std::string& text : scenarios) keys.insert(key_of(text));
      // An engine whose file of limits is missing is compared with one that has them.
      const size_t same_as_default = name == "session.limits" ? 1 : 0;
      BOOST_TEST(keys.size() == (kOfDeathsAlone.contains(name) ? 1 : scenarios.size() - same_as_default));
      ++tried;
    }
  }
  BOOST_TEST(tried >= 27U);
}

BOOST_AUTO_TEST_CASE(faults_share_the_uninterrupted_run) {
  const std::string undisturbed = key_of("name: a\n");
  BOOST_TEST(key_of("name: b\nfaults:\n  - sigkill: {at: gateway.after_send, hit: 60}\n") == undisturbed);
  BOOST_TEST(key_of("name: c\nfaults:\n  - livelock: {at: gateway.send_order}\n") == undisturbed);
}

BOOST_AUTO_TEST_CASE(a_line_that_drops_does_not_share_with_one_that_cancels_then) {
  const char* const faults = "faults:\n  - exchange_disconnect: {at: gateway.send_order, hit: 40}\n";
  BOOST_TEST(key_of(std::string("name: a\n") + faults) !=
             key_of(std::string("name: b\nexchange: {cancel_on_disconnect: true}\n") + faults));
}

}  // namespace crashwright::harness
