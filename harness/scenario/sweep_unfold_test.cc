// Goal: a scenario with `sweep:` becomes one case for each point and passage that it asks for, and only for those.

#include <boost/test/unit_test.hpp>

#include "harness/scenario/plan.h"
#include "harness/scenario/sweep.h"

namespace crashwright::harness {
namespace {

Scenario only(const std::string& text) {
  Loaded loaded = load_scenario_text("x.yaml", text);
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  BOOST_REQUIRE(loaded.scenarios.size() == 1);
  return std::move(loaded.scenarios.front());
}

const std::vector<PassageCount> kCounts = {{"audit.before_write", 30, 60},
                                           {"gateway.after_send", 90, 90},
                                           {"gateway.send_order", 1, 1},
                                           {"never.passed", 0, 4}};

std::string names(const std::vector<Scenario>& scenarios) {
  std::string all;
  for (const Scenario& scenario : scenarios) all += scenario.name + "\n";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_sweep_takes_the_points_and_passages_that_it_asks_for) {
  const Scenario scenario = only("name: x\nsweep: {points: [gateway.*, never.passed]}\nfaults: [{sigkill: }]\n");
  const Loaded unfolded = unfold_sweep(scenario, kCounts);
  BOOST_TEST(names(unfolded.scenarios) ==
             "x [gateway.after_send, first passage]\n"
             "x [gateway.after_send, middle passage]\n"
             "x [gateway.after_send, last passage]\n"
             "x [gateway.send_order, first passage]\n");
  BOOST_TEST(*unfolded.scenarios[1].faults[0].hit == 45);
  BOOST_TEST(unfolded.scenarios[1].faults[0].at == "gateway.after_send");
  BOOST_TEST(unfolded.scenarios[1].resolved);
  BOOST_TEST(!unfolded.scenarios[1].sweep);
}

BOOST_AUTO_TEST_CASE(a_last_passage_that_differs_from_run_to_run_is_taken_late) {
  const Scenario scenario =
      only("name: x\nsweep: {points: audit.before_write, passages: last}\nfaults: [{sigkill: }]\n");
  const Loaded unfolded = unfold_sweep(scenario, kCounts);
  BOOST_TEST(names(unfolded.scenarios) == "x [audit.before_write, late passage]\n");
  // 90 orders, 16 to a batch at most: however slow the machine, so many batches there are.
  BOOST_TEST(*unfolded.scenarios[0].faults[0].hit == 6);
}

BOOST_AUTO_TEST_CASE(a_last_passage_is_told_by_the_engine_or_by_what_it_is_about) {
  const Scenario scenario = only("name: x\nsweep: {passages: [middle, last]}\nfaults: [{sigkill: }]\n");
  const Loaded unfolded =
      unfold_sweep(scenario, {{"audit.before_write", 30, 60, true}, {"gateway.after_send", 90, 92, false, 2713}});
  BOOST_TEST(names(unfolded.scenarios) ==
             "x [audit.before_write, middle passage]\n"
             "x [audit.before_write, last passage]\n"
             "x [gateway.after_send, middle passage]\n"
             "x [gateway.after_send, last passage]\n");
  BOOST_REQUIRE(unfolded.scenarios.size() == 4U);
  BOOST_TEST(*unfolded.scenarios[0].faults[0].hit == 6);
  BOOST_TEST(unfolded.scenarios[1].faults[0].last_passage);
  BOOST_TEST(*unfolded.scenarios[3].faults[0].about == 2'713U);
}

BOOST_AUTO_TEST_CASE(the_swept_fault_may_come_after_deaths) {
  const std::string text =
      "name: x\n"
      "sweep: {points: gateway.send_order}\n"
      "faults:\n"
      "  - sigkill: {at: gateway.after_send, hit: 30}\n"
      "  - abort: {during: recovery}\n"
      "expect: {rca: {cause: KILLED_BY_HARNESS}}\n";
  const Scenario counted = session_to_count(only(text));
  BOOST_REQUIRE(counted.faults.size() == 1);
  BOOST_TEST(counted.expect.causes.empty());
  BOOST_TEST(make_plans({counted}, {}).front().incarnations_expected() == 2);
  const Loaded unfolded = unfold_sweep(only(text), kCounts);
  BOOST_REQUIRE(unfolded.scenarios.size() == 1);
  BOOST_TEST(unfolded.scenarios[0].faults[1].at == "gateway.send_order");
  BOOST_TEST(unfolded.scenarios[0].faults[1].during_recovery);
}

BOOST_AUTO_TEST_CASE(a_sweep_in_a_matrix_is_unfolded_cell_by_cell) {
  const Loaded loaded = load_scenario_text(
      "x.yaml", "name: x\nmatrix: {seeds: [1, 2]}\nsweep: {points: gateway.send_order}\nfaults: [{sigkill: }]\n");
  BOOST_REQUIRE(loaded.scenarios.size() == 2);
  BOOST_TEST(names(unfold_sweep(loaded.scenarios[1], kCounts).scenarios) ==
             "x [seed 2] [gateway.send_order, first passage]\n");
}

BOOST_AUTO_TEST_CASE(a_plan_of_a_sweep_says_what_it_stands_for) {
  const Scenario scenario =
      only("name: x\nsweep: {points: [a.*, b.c], passages: [first, last]}\nfaults: [{abort: }]\n");
  BOOST_TEST(make_plans({scenario}, {}).front().sweep == "abort at the first, last passage of a.*, b.c");
}

}  // namespace crashwright::harness
