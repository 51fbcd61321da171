// Goal: the sweep reaches every point at each of its passages with every fault that applies, and cases are scenarios
// like any other.
#include "harness/scenario/sweep.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "harness/scenario/plan.h"

namespace crashwright::harness {
namespace {

SweepCensus census() {
  return {{{"gateway.after_send", 90, 90},
           {"gateway.on_message", 84, 84, false, 84},
           {"book.apply", 3000, 3000},
           {"audit.before_write", 30, 60, true},
           {"audit.after_write", 30, 60, true},
           {"engine.session_end", 1, 1},
           {"state.before_write", 6, 7, true},
           {"state.after_write", 6, 7, true},
           {"recorder.commit", 340, 355},
           {"recovery.start", 1, 1},
           {"feed.message", 3000, 3000},
           {"handler.stage", 7, 7},
           {"never.passed", 0, 4}},
          {{"recovery.logged_in", 1, 1},
           {"gateway.after_send", 39, 41, false, 2713},
           {"gateway.on_message", 40, 56, false, 85},
           {"book.apply", 3000, 3000},
           {"state.before_write", 6, 6, true},
           {"state.after_write", 6, 6, true},
           {"audit.before_write", 10, 40, true},
           {"audit.after_write", 10, 40, true}},
          {{"audit.next_segment", 5, 9}, {"audit.archive_segment", 3, 6}, {"recorder.commit", 500, 500}},
          {{"audit.next_segment", 4, 7}, {"audit.archive_segment", 0, 3}},
          {{"recovery.session_left", 1, 1}, {"gateway.after_send", 90, 90}},
          {{"gateway.send_order", 90, 90, false, 2713}, {"book.apply", 3000, 3000}, {"audit.append", 200, 201, true}},
          {{"gateway.send_order", 39, 41, false, 2713}, {"recovery.reconciled", 1, 1}, {"audit.append", 90, 91, true}}};
}

// As counted in an engine that says nothing of its end.
SweepCensus silent_census() {
  SweepCensus silent = census();
  for (auto* counts : {&silent.trading, &silent.recovery, &silent.sends_first, &silent.sends_first_recovery}) {
    for (PassageCount& count : *counts) count = {count.point, count.least, count.most};
  }
  return silent;
}

bool is_named(const Scenario& scenario, const std::string& part) {
  return scenario.name.find(part) != std::string::npos;
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
    if (!is_named(scenario, "trading: SIGKILL")) continue;
    if (scenario.faults.back().at == "gateway.after_send") hits.insert(*scenario.faults.back().hit);
  }
  BOOST_TEST(hits == (std::set<uint64_t>{1, 45, 90}), boost::test_tools::per_element());
  BOOST_TEST(count_named(scenarios, "SIGKILL at engine.session_end, first passage") == 2U);
  BOOST_TEST(count_named(scenarios, "engine.session_end, last") == 0U);
}

BOOST_AUTO_TEST_CASE(a_last_passage_whose_number_differs_is_told_by_the_engine_or_by_what_it_is_about) {
  size_t announced = 0;
  size_t about = 0;
  for (const Scenario& scenario : sweep_scenarios(census())) {
    const bool is_known = !is_named(scenario, "cancel on disconnect") && !is_named(scenario, "at recorder.commit");
    BOOST_TEST(!(is_named(scenario, ", late passage") && is_known), scenario.name);
    if (!is_named(scenario, "recovery: SIGKILL at") || !is_named(scenario, "last passage")) continue;
    const ScenarioFault& fault = scenario.faults.back();
    BOOST_TEST((fault.last_passage || fault.about || fault.at == "book.apply"), scenario.name);
    announced += fault.last_passage ? 1 : 0;
    about += fault.about ? 1 : 0;
    if (fault.at == "gateway.after_send") BOOST_TEST(fault.about.value() == 2'713U);
  }
  BOOST_TEST(announced > 0U);
  BOOST_TEST(about > 0U);
}

BOOST_AUTO_TEST_CASE(a_last_passage_that_nobody_tells_and_not_every_run_has_is_called_late) {
  const auto scenarios = sweep_scenarios(silent_census());
  BOOST_TEST(count_named(scenarios, "at audit.before_write, last") == 0U);
  BOOST_TEST(count_named(scenarios, "at audit.before_write, late") > 0U);
  for (const Scenario& scenario : scenarios) {
    if (!is_named(scenario, "at audit.before_write, late") || is_named(scenario, "bit flip")) continue;
    BOOST_TEST(!scenario.faults.back().hit.has_value());
    BOOST_TEST(scenario.faults.back().feed_sequence.value() == 2'600U);
  }
  for (const Scenario& scenario : scenarios) {
    for (const ScenarioFault& fault : scenario.faults) BOOST_TEST(!fault.last_passage, scenario.name);
  }
}

BOOST_AUTO_TEST_CASE(how_many_messages_come_in_recovery_is_not_known_where_the_exchange_cancels) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "recovery: SIGKILL at gateway.on_message, last passage") == 1U);
  BOOST_TEST(count_named(scenarios, "recovery: SIGKILL at gateway.on_message, late passage, cancel") == 1U);
  BOOST_TEST(count_named(scenarios, "trading: SIGKILL at gateway.on_message, last passage") == 2U);
}

// How many batches there are says how fast the machine is: no case may count them.
BOOST_AUTO_TEST_CASE(no_case_waits_for_a_batch_that_a_slow_machine_does_not_have) {
  size_t seen = 0;
  for (const Scenario& scenario : sweep_scenarios(census())) {
    for (const ScenarioFault& fault : scenario.faults) {
      if (fault.at != "audit.before_write") continue;
      BOOST_TEST((fault.feed_sequence.has_value() || fault.last_passage || fault.hit == 1U), scenario.name);
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
}

BOOST_AUTO_TEST_CASE(the_crash_handlers_point_and_never_passed_ones_are_left_out) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "handler.stage") == 0U);
  BOOST_TEST(std::string(sweep_leaves_out()).find("handler.stage") != std::string::npos);
  BOOST_TEST(count_named(scenarios, "never.passed") == 0U);
}

// Any thread may make the last one, as many as the session takes time: only the first is counted.
BOOST_AUTO_TEST_CASE(log_calls_are_swept_where_the_feed_says_when) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "trading: SIGKILL at recorder.commit") == 6U);
  BOOST_TEST(count_named(scenarios, "trading: torn write to audit.log at recorder.commit, late passage") == 2U);
  for (const Scenario& scenario : scenarios) {
    if (!is_named(scenario, "at recorder.commit")) continue;
    const auto fault = std::find_if(scenario.faults.begin(), scenario.faults.end(),
                                    [](const ScenarioFault& one) { return one.at == "recorder.commit"; });
    BOOST_TEST((fault->feed_sequence.has_value() || fault->hit == 1U), scenario.name);
  }
}

BOOST_AUTO_TEST_CASE(a_storage_fault_is_not_asked_for_where_its_file_is_no_longer_used) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "torn write to state.bin at state.after_write, first") == 4U);
  BOOST_TEST(count_named(scenarios, "torn write to state.bin at state.after_write, last") == 0U);
  BOOST_TEST(count_named(scenarios, "SIGKILL at state.after_write, last") == 4U);
  BOOST_TEST(count_named(scenarios, "torn write to audit.log at state.after_write, last") == 4U);
  BOOST_TEST(count_named(scenarios, "torn write to audit.log at audit.before_write, last") == 4U);
  BOOST_TEST(count_named(scenarios, "torn write to audit.log at audit.after_write, last") == 0U);
  BOOST_TEST(count_named(scenarios, "torn write to state.bin at audit.before_write, last") == 0U);
}

BOOST_AUTO_TEST_CASE(errors_of_a_device_are_met_at_every_point_for_the_log_and_at_each_checkpoint_for_snapshots) {
  const auto scenarios = sweep_scenarios(census());
  for (const char* const label : {"EIO when audit.log is written at ", "stale reads of audit.log at "}) {
    BOOST_TEST(count_named(scenarios, std::string("trading: ") + label + "gateway.after_send") == 6U);
    BOOST_TEST(count_named(scenarios, std::string("recovery: ") + label + "recovery.logged_in") == 4U);
  }
  BOOST_TEST(count_named(scenarios, "trading: EIO when state.bin is written at state.before_write") == 6U);
  BOOST_TEST(count_named(scenarios, "EIO when state.bin is written at book.apply") == 0U);
}

BOOST_AUTO_TEST_CASE(a_session_that_sends_first_is_swept_along_an_orders_way_and_in_recovery) {
  const auto scenarios = sweep_scenarios(census());
  for (const Scenario& scenario : scenarios) {
    BOOST_TEST(scenario.session.log_after_send == is_named(scenario, "sends first"), scenario.name);
  }
  BOOST_TEST(count_named(scenarios, "sweep, sends first: power loss, strict at gateway.send_order") == 3U);
  BOOST_TEST(count_named(scenarios, "sweep, sends first: EIO when audit.log is written at audit.append") == 3U);
  BOOST_TEST(count_named(scenarios, "sweep, recovery, sends first: SIGKILL at recovery.reconciled") == 1U);
  BOOST_TEST(count_named(scenarios, "sends first: SIGKILL at book.apply") == 0U);
  BOOST_TEST(count_named(scenarios, "sweep, sends first: torn write to state.bin at gateway.send_order") == 3U);
  BOOST_TEST(count_named(scenarios, "sweep, sends first: lost write to audit.log at gateway.send_order") == 3U);
  BOOST_TEST(count_named(scenarios, "sweep, recovery, sends first: slow sync of audit.log at recovery.rec") == 1U);
}

BOOST_AUTO_TEST_CASE(recovery_dies_once_and_the_recovery_of_it_once_more) {
  for (const Scenario& scenario : sweep_scenarios(census())) {
    const bool second = scenario.name.rfind("sweep, second recovery", 0) == 0;
    const bool first = scenario.name.rfind("sweep, recovery", 0) == 0;
    const size_t deaths = second ? 3 : first ? 2 : 1;
    const size_t flips = is_named(scenario, "bit flips in both") ? 2 : is_named(scenario, "bit flip") ? 1 : 0;
    const bool goes_on =
        is_named(scenario, " write to ") && !is_named(scenario, "torn") && !is_named(scenario, "short");
    const size_t lies = (goes_on || is_named(scenario, "slow sync") ? 1 : 0) +  //
                        (is_named(scenario, "the next lost too") ? 1 : 0);
    BOOST_TEST(scenario.faults.size() == deaths + flips + lies, scenario.name);
  }
}

BOOST_AUTO_TEST_CASE(a_bit_of_the_log_flips_wherever_the_log_is_long) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "trading: bit flip in audit.log at gateway.after_send") == 4U);
  BOOST_TEST(count_named(scenarios, "trading: bit flip in audit.log at engine.session_end") == 2U);
  BOOST_TEST(count_named(scenarios, "sweep, recovery: bit flip in audit.log at gateway.after_send") == 6U);
  BOOST_TEST(count_named(scenarios, "recovery: bit flip in audit.log at recovery.logged_in") == 4U);
  BOOST_TEST(count_named(scenarios, "trading: bit flip in audit.log at feed.message") == 0U);
}

BOOST_AUTO_TEST_CASE(a_bit_of_a_snapshot_flips_once_there_is_one_and_of_the_head_once_there_is_a_store) {
  const auto scenarios = sweep_scenarios(census());
  for (const char* const slots : {"flip in the first slot", "flip in the second slot", "flips in both slots"}) {
    const std::string flip = std::string("bit ") + slots + " of state.bin at ";
    BOOST_TEST(count_named(scenarios, "trading: " + flip + "gateway.after_send") == 4U);
    BOOST_TEST(count_named(scenarios, "sweep, recovery: " + flip + "gateway.after_send") == 6U);
    BOOST_TEST(count_named(scenarios, "second recovery: " + flip + "recovery.logged_in") == 2U);
    BOOST_TEST(count_named(scenarios, "trading: " + flip + "feed.message") == 0U);
  }
  BOOST_TEST(count_named(scenarios, "trading: bit flip in the head of state.bin at gateway.after_send") == 6U);
  BOOST_TEST(count_named(scenarios, "trading: bit flip in the head of state.bin at recovery.start") == 0U);
  for (const Scenario& scenario : scenarios) {
    if (!is_named(scenario, " of state.bin at ") || !is_named(scenario, "bit flip")) continue;
    const bool refused = scenario.expect.outcome == ScenarioOutcome::kRefuse;
    BOOST_TEST(refused == is_named(scenario, "in the head"), scenario.name);
    BOOST_TEST((scenario.expect.refusal == "not a state store") == refused, scenario.name);
  }
}

BOOST_AUTO_TEST_CASE(a_lost_write_has_trading_behind_it_and_then_a_death) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "trading: lost write to audit.log at gateway.after_send") == 6U);
  BOOST_TEST(count_named(scenarios, "recovery: lost write to audit.log at recovery.logged_in, first") == 4U);
  BOOST_TEST(count_named(scenarios, "lost write to audit.log at book.apply, middle") == 4U);
  for (const Scenario& scenario : scenarios) {
    if (!is_named(scenario, "lost write")) continue;
    const bool dead_at_once = is_named(scenario, ", dead ");
    BOOST_TEST((scenario.faults.back().at == "audit.after_write" || dead_at_once), scenario.name);
    BOOST_TEST((scenario.faults.back().last_passage || dead_at_once), scenario.name);
    BOOST_TEST(((scenario.expect.outcome == ScenarioOutcome::kRefuse) == is_named(scenario, "audit.log")));
  }
}

BOOST_AUTO_TEST_CASE(a_lie_about_the_log_has_a_later_write_to_contradict_it) {
  const auto scenarios = sweep_scenarios(census());
  for (const char* const lie : {"lost write to", "misdirected write to", "flipped write to"}) {
    const std::string log = std::string(lie) + " audit.log at ";
    BOOST_TEST(count_named(scenarios, log + "engine.session_end") == 0U);
    BOOST_TEST(count_named(scenarios, log + "book.apply, last") == 0U);
    BOOST_TEST(count_named(scenarios, log + "audit.before_write, last") == 0U);
    BOOST_TEST(count_named(scenarios, log + "gateway.on_message, last") == 3U);
  }
  for (const char* const late : {"reordered write to audit.log at ", "slow sync of audit.log at "}) {
    BOOST_TEST(count_named(scenarios, std::string(late) + "engine.session_end") == 2U);
    BOOST_TEST(count_named(scenarios, std::string(late) + "audit.before_write, last") == 4U);
    BOOST_TEST(count_named(scenarios, std::string(late) + "audit.after_write, last") == 0U);
  }
  for (const Scenario& scenario : scenarios) {
    const bool late = is_named(scenario, "reordered write") || is_named(scenario, "slow sync");
    if (late) BOOST_TEST(!scenario.expect.outcome.has_value(), scenario.name);
  }
}

// A page in front of the first slot stands the head of the store.
BOOST_AUTO_TEST_CASE(a_misdirected_snapshot_is_swept_where_its_slot_is_known) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "misdirected write to state.bin") == 0U);
  const std::string first = "misdirected write to the first slot of state.bin at state.before_write, ";
  const std::string second = "misdirected write to the second slot of state.bin at state.before_write, ";
  BOOST_TEST(count_named(scenarios, "sweep, trading: " + first + "first passage") == 2U);
  for (const std::string& slot : {first, second}) {
    BOOST_TEST(count_named(scenarios, "sweep, trading: " + slot + "last passage") == 2U);
    BOOST_TEST(count_named(scenarios, "sweep, recovery: " + slot + "first passage") == 2U);
    BOOST_TEST(count_named(scenarios, "sweep, recovery: " + slot + "middle passage") == 2U);
    const char* const place = slot == second ? "sweep, recovery: " : "sweep, second recovery: ";
    BOOST_TEST(count_named(scenarios, place + slot + "last passage") == 2U);
  }
  for (const Scenario& scenario : scenarios) {
    if (!is_named(scenario, "slot of state.bin at") || !is_named(scenario, "misdirected")) continue;
    const bool refused = scenario.expect.outcome == ScenarioOutcome::kRefuse;
    BOOST_TEST(refused == is_named(scenario, "first slot"), scenario.name);
    BOOST_TEST((scenario.expect.refusal == "not a state store") == refused);
    if (is_named(scenario, "last passage")) BOOST_TEST(scenario.session.checkpoint_every > 100U);
  }
}

BOOST_AUTO_TEST_CASE(a_lost_snapshot_is_followed_by_a_death_before_its_slot_is_written_again) {
  const auto scenarios = sweep_scenarios(census());
  BOOST_TEST(count_named(scenarios, "lost write to state.bin at state.before_write, first passage, dead") == 4U);
  BOOST_TEST(count_named(scenarios, "lost write to state.bin at state.before_write, last passage, dead") == 2U);
  BOOST_TEST(count_named(scenarios, "the next lost too") == 2U);
  for (const Scenario& scenario : scenarios) {
    if (!is_named(scenario, "state.bin at state.before_write, last passage, dead")) continue;
    for (const ScenarioFault& fault : scenario.faults) BOOST_TEST(fault.last_passage);
  }
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
    const bool refuses = scenario.expect.outcome == ScenarioOutcome::kRefuse;
    BOOST_TEST(scenario.expect.excluded.size() == (cancels && !refuses ? 2U : 0U));
  }
  BOOST_TEST(cancelling > 0U);
}

}  // namespace crashwright::harness
