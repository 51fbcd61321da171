// Goal: the sweep reaches every point at each of its passages with every fault that applies, and cases are scenarios
// like any other.
#include "harness/scenario/sweep.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "harness/scenario/plan.h"

namespace crashwright::harness {
namespace {

SweepCensus census() {
  return {{{"gateway.after_send", 90, 90},
           {"audit.before_write", 30, 60},
           {"engine.session_end", 1, 1},
           {"state.before_write", 6, 6},
           {"recorder.commit", 500, 500},
           {"never.passed", 0, 4}},
          {{"recovery.logged_in", 1, 1},
           {"gateway.after_send", 40, 40},
           {"state.after_write", 6, 6},
           {"audit.before_write", 10, 40}},
          {{"audit.next_segment", 5, 9}, {"audit.archive_segment", 3, 6}, {"recorder.commit", 500, 500}},
          {{"audit.next_segment", 4, 7}, {"audit.archive_segment", 0, 3}},
          {{"recovery.session_left", 1, 1}, {"gateway.after_send", 90, 90}}};
}

size_t count_named(const std::vector<Scenario>& scenarios, const std::string& part) {
  size_t found = 0;
  for (const Scenario& scenario : scenarios) found += scenario.name.find(part) != std::string::npos ? 1 : 0;
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_point_is_reached_at_its_first_a_middle_and_its_last_passage) {
  const auto scenarios = sweep_scenarios(census());
  std::set<uint64_t> hits;
  for (const Scenario& scenario : scenarios) {
    if (scenario.name.find("lost write") != std::string::npos) continue;
    if (scenario.name.find("trading") == std::string::npos) continue;
    if (scenario.faults.back().at == "gateway.after_send") hits.insert(*scenario.faults.back().hit);
  }
  BOOST_TEST(hits == (std::set<uint64_t>{1, 45, 90}), boost::test_tools::per_element());
  BOOST_TEST(count_named(scenarios, "SIGKILL at engine.session_end, first passage") == 2U);
  BOOST_TEST(count_named(scenarios, "engine.session_end, last") == 0U);
}

BOOST_AUTO_TEST_CASE(a_last_passage_that_not_every_run_has_is_called_late) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "at audit.before_write, last") == 0U);
  for (const Scenario& scenario : scenarios) {
    if (scenario.name.find("at audit.before_write, late") == std::string::npos) continue;
    if (scenario.name.find("bit flip") != std::string::npos) continue;
    BOOST_TEST(!scenario.faults.back().hit.has_value());
    BOOST_TEST(scenario.faults.back().feed_sequence.value() == 2'600U);
  }
}

// How many batches there are says how fast the machine is: no case may count them.
BOOST_AUTO_TEST_CASE(no_case_waits_for_a_batch_that_a_slow_machine_does_not_have) {
  size_t seen = 0;
  for (const Scenario& scenario : sweep_scenarios(census())) {
    for (const ScenarioFault& fault : scenario.faults) {
      if (fault.at != "audit.before_write") continue;
      BOOST_TEST((fault.feed_sequence.has_value() || fault.hit == 1U), scenario.name);
      ++seen;
    }
  }
  BOOST_TEST(seen > 0U);
}

BOOST_AUTO_TEST_CASE(points_that_the_usual_session_never_passes_have_sessions_of_their_own) {
  const auto scenarios = sweep_scenarios(census());
  for (const char* const point : {"audit.next_segment", "audit.archive_segment", "recovery.session_left"}) {
    BOOST_TEST_CONTEXT(point) {
      BOOST_TEST(count_named(scenarios, std::string("SIGKILL at ") + point + ", first passage") ==
                 (std::string(point) == "audit.archive_segment" ? 1U : 3U));
      BOOST_TEST(count_named(scenarios, std::string("power loss, strict at ") + point) > 0U);
    }
  }
  for (const Scenario& scenario : scenarios) {
    const bool left = scenario.name.find("recovery.session_left") != std::string::npos;
    BOOST_TEST((scenario.exchange.new_session_after != 0) == left);
    BOOST_TEST(scenario.session.archive_segments == (scenario.name.find("_segment,") != std::string::npos));
  }
  for (const char* const place : {"trading", "recovery", "second recovery"}) {
    BOOST_TEST(count_named(scenarios, std::string("sweep, ") + place +
                                          ", small segments: torn write to audit.log at audit.next_segment, first") ==
               1U);
  }
  for (const char* const point : {"recorder.commit", "handler.stage"}) {
    BOOST_TEST(std::string(sweep_leaves_out()).find(point) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(points_off_the_order_path_and_never_passed_ones_are_left_out) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "recorder.commit") == 0U);
  BOOST_TEST(count_named(scenarios, "never.passed") == 0U);
}

BOOST_AUTO_TEST_CASE(a_storage_fault_is_not_asked_for_where_its_file_is_no_longer_used) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "torn write to state.bin at state.after_write, first") == 2U);
  BOOST_TEST(count_named(scenarios, "torn write to state.bin at state.after_write, last") == 0U);
  BOOST_TEST(count_named(scenarios, "SIGKILL at state.after_write, late") == 2U);
}

BOOST_AUTO_TEST_CASE(recovery_dies_once_and_the_recovery_of_it_once_more) {
  for (const Scenario& scenario : sweep_scenarios(census())) {
    const bool second = scenario.name.rfind("sweep, second recovery", 0) == 0;
    const bool first = scenario.name.rfind("sweep, recovery", 0) == 0;
    const bool flips = scenario.name.find("bit flip") != std::string::npos;
    const bool lost = scenario.name.find("lost write") != std::string::npos;
    const bool both = scenario.name.find("the next lost too") != std::string::npos;
    BOOST_TEST(scenario.faults.size() == (second           ? 3U
                                          : first || flips ? 2U
                                                           : 1U) +
                                             (lost ? 1U : 0U) + (both ? 1U : 0U),
               scenario.name);
  }
}

BOOST_AUTO_TEST_CASE(a_bit_of_the_log_flips_behind_every_passage_but_the_first) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "bit flip in audit.log at gateway.after_send") == 2U);
  BOOST_TEST(count_named(scenarios, "bit flip in audit.log at engine.session_end") == 0U);
}

BOOST_AUTO_TEST_CASE(a_lost_write_has_trading_behind_it_and_then_a_death) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "trading: lost write to audit.log at gateway.after_send") == 2U);
  BOOST_TEST(count_named(scenarios, "lost write to audit.log at gateway.after_send, last") == 0U);
  BOOST_TEST(count_named(scenarios, "recovery: lost write to audit.log at recovery.logged_in, first") == 1U);
  BOOST_TEST(count_named(scenarios, "at engine.session_end, first passage") > 0U);
  for (const Scenario& scenario : scenarios) {
    if (scenario.name.find("lost write") == std::string::npos) continue;
    BOOST_TEST(scenario.name.find("session_end") == std::string::npos);
    const bool log = scenario.name.find("audit.log") != std::string::npos;
    const bool dead_at_once = scenario.name.find(", dead ") != std::string::npos;
    BOOST_TEST((scenario.faults.back().at == "gateway.after_send" || dead_at_once));
    BOOST_TEST(((scenario.expect.outcome == ScenarioOutcome::kRefuse) == log));
  }
}

BOOST_AUTO_TEST_CASE(a_lost_snapshot_is_followed_by_a_death_before_its_slot_is_written_again) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "lost write to state.bin at state.before_write, first passage, dead") == 4U);
  BOOST_TEST(count_named(scenarios, "lost write to state.bin at state.before_write, last passage, dead") == 2U);
  BOOST_TEST(count_named(scenarios, "the next lost too") == 2U);
}

BOOST_AUTO_TEST_CASE(names_are_unique_and_each_case_repeats_from_its_own_text) {
  const auto scenarios = sweep_scenarios(census());
  std::set<std::string> names;
  for (const Scenario& scenario : scenarios) names.insert(scenario.name);
  BOOST_TEST(names.size() == scenarios.size());
  std::set<std::string> ids;
  for (const Plan& plan : make_plans(scenarios, {})) {
    BOOST_TEST(plan.scenario_text.find(plan.name) != std::string::npos);
    ids.insert(plan.id);
  }
  BOOST_TEST(ids.size() == scenarios.size());
}

BOOST_AUTO_TEST_CASE(an_exchange_that_cancels_by_itself_is_not_held_to_the_uninterrupted_session) {
  size_t cancelling = 0;
  for (const Scenario& scenario : sweep_scenarios(census())) {
    const bool cancels = scenario.exchange.cancel_on_disconnect;
    cancelling += cancels ? 1 : 0;
    BOOST_TEST(scenario.expect.excluded.size() == (cancels ? 2U : 0U));
  }
  BOOST_TEST(cancelling > 0U);
}

}  // namespace crashwright::harness
