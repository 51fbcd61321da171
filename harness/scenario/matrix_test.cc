// Goal: a matrix gives every combination once, each a scenario that repeats itself from its own text.
// Method: names, fields and texts of the cells; what a matrix refuses is in testdata/malformed.txt.

#include "harness/scenario/matrix.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "harness/scenario/loader.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {
namespace {

std::vector<Scenario> load(const std::string& text) {
  Loaded loaded = load_scenario_text("scenarios/x.yaml", text);
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  return std::move(loaded.scenarios);
}

std::vector<std::string> names(const std::vector<Scenario>& scenarios) {
  std::vector<std::string> all;
  for (const Scenario& scenario : scenarios) all.push_back(scenario.name);
  return all;
}

constexpr const char* kAll =
    "name: everything\n"
    "session: {durability: power_loss}\n"
    "matrix:\n"
    "  builds: [release, asan]\n"
    "  profiles: [E, S]\n"
    "  seeds: [7, 8]\n"
    "  points: [gateway.send_order, book.apply]\n"
    "  faults:\n"
    "    - sigkill: {hit: 3}\n"
    "    - power_loss:\n";

}  // namespace

BOOST_AUTO_TEST_CASE(every_combination_is_a_case_whose_name_shows_the_cell) {
  const auto scenarios = load(kAll);
  BOOST_TEST(scenarios.size() == 16);
  BOOST_TEST(scenarios.front().name == "everything [sigkill, gateway.send_order, profile E, seed 7]");
  BOOST_TEST(scenarios.back().name == "everything [power_loss, book.apply, profile S, seed 8]");
  const auto all = names(scenarios);
  BOOST_TEST((std::set<std::string>(all.begin(), all.end()).size() == 16));
  BOOST_TEST(make_plans(scenarios, {}).size() == 32);
}

BOOST_AUTO_TEST_CASE(a_cell_is_what_it_says) {
  const Scenario last = load(kAll).back();
  BOOST_TEST(last.seed == 8);
  BOOST_TEST(last.builds.size() == 2);
  BOOST_REQUIRE(last.faults.size() == 1);
  BOOST_TEST(last.faults[0].kind == "power_loss");
  BOOST_TEST(last.faults[0].at == "book.apply");
  BOOST_TEST(!last.matrix);
  BOOST_TEST(last.resolved);
  BOOST_TEST((make_plans({last}, {}).front().profile == Profile::kS));
}

BOOST_AUTO_TEST_CASE(the_text_of_a_cell_gives_the_same_case) {
  PlanOptions options;
  options.run_seed = 5;
  for (const Scenario& cell : load(kAll)) {
    const auto again = load(cell.text);
    BOOST_REQUIRE(again.size() == 1);
    BOOST_TEST(plan_to_json(make_plans(again, options).front()) == plan_to_json(make_plans({cell}, options).front()));
  }
  BOOST_TEST(load(kAll).front().text ==
             "name: \"everything [sigkill, gateway.send_order, profile E, seed 7]\"\n"
             "session: {durability: power_loss}\n"
             "faults:\n"
             "  - sigkill: {hit: 3, at: gateway.send_order}\n"
             "storage: {profile: E}\n"
             "seed: 7\n"
             "build: [release, asan]\n");
}

BOOST_AUTO_TEST_CASE(a_seed_in_the_scenario_takes_the_place_of_the_runs) {
  PlanOptions options;
  options.run_seed = 5;
  const Plan a = make_plans(load("name: x\nseed: 42\n"), options).front();
  options.run_seed = 6;
  const Plan b = make_plans(load("name: x\nseed: 42\n"), options).front();
  BOOST_TEST(a.seed == b.seed);
  BOOST_TEST(a.session.seed == b.session.seed);
  BOOST_TEST(a.seed != make_plans(load("name: x\nseed: 43\n"), options).front().seed);
}

BOOST_AUTO_TEST_CASE(a_fault_of_the_matrix_comes_behind_those_of_the_scenario) {
  const auto scenarios = load(
      "name: x\n"
      "matrix: {faults: [{abort: {at: book.apply, during: recovery}}, {sigkill: {at: book.apply, during: recovery}}]}\n"
      "faults: [{sigkill: {at: gateway.after_send, hit: 30}}]\n");
  BOOST_REQUIRE(scenarios.size() == 2);
  BOOST_REQUIRE(scenarios[0].faults.size() == 2);
  BOOST_TEST(scenarios[0].faults[1].kind == "abort");
  BOOST_TEST(names(scenarios) == (std::vector<std::string>{"x [abort]", "x [sigkill]"}));
}

BOOST_AUTO_TEST_CASE(faults_of_one_kind_are_told_apart_by_their_parameters) {
  const auto scenarios =
      load("name: x\nmatrix: {faults: [{sigkill: {at: book.apply}}, {sigkill: {at: book.apply, hit: 9}}]}\n");
  BOOST_TEST(names(scenarios) ==
             (std::vector<std::string>{"x [sigkill {at: book.apply}]", "x [sigkill {at: book.apply, hit: 9}]"}));
}

BOOST_AUTO_TEST_CASE(points_are_for_the_faults_that_have_neither_place_nor_time) {
  const auto scenarios = load(
      "name: x\n"
      "matrix: {points: book.apply}\n"
      "faults:\n"
      "  - sigkill: {at: gateway.after_send, hit: 30}\n"
      "  - exchange_disconnect: {after: 20ms}\n"
      "  - bit_flip: {file: audit.log}\n"
      "  - abort: {during: recovery}\n");
  BOOST_REQUIRE(scenarios.size() == 1);
  BOOST_TEST(scenarios[0].faults[0].at == "gateway.after_send");
  BOOST_TEST(scenarios[0].faults[1].at == "");
  BOOST_TEST(scenarios[0].faults[2].at == "");
  BOOST_TEST(scenarios[0].faults[3].at == "book.apply");
}

BOOST_AUTO_TEST_CASE(a_mistyped_point_of_a_matrix_is_told_once_at_its_place) {
  const auto scenarios =
      load("name: x\nmatrix: {seeds: [1, 2], points: [book.aply, book.apply]}\nfaults: [{sigkill: }]\n");
  BOOST_TEST(diagnostics_to_text(check_fault_points(scenarios, {"book.apply"})) ==
             "scenarios/x.yaml:2:34: error CW131: no fault point \"book.aply\" in this engine\n"
             "    2 | matrix: {seeds: [1, 2], points: [book.aply, book.apply]}\n"
             "      |                                  ^^^^^^^^^\n"
             "      = did you mean \"book.apply\"?\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(a_pattern_stands_for_the_points_of_the_engine_each_once) {
  const std::vector<std::string> known = {"book.apply", "gateway.send_order", "gateway.after_send", "recovery.replay"};
  const std::string text =
      "name: x\nmatrix: {points: [gateway.after_send, gateway.*, \"rec*.**\"]}\nfaults: [{sigkill: }]\n";
  const Loaded loaded = load_scenario_text("x.yaml", text, known);
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  BOOST_TEST(names(loaded.scenarios) ==
             (std::vector<std::string>{"x [gateway.after_send]", "x [gateway.send_order]", "x [recovery.replay]"}));
  BOOST_TEST(loaded.scenarios[1].faults[0].at == "gateway.send_order");
  BOOST_TEST(check_fault_points(loaded.scenarios, known).empty());
  BOOST_TEST(loaded.scenarios[1].text ==
             "name: \"x [gateway.send_order]\"\nfaults:\n  - sigkill: {at: gateway.send_order}\n");
}

BOOST_AUTO_TEST_CASE(a_pattern_stands_for_itself_where_no_engine_is_known) {
  const auto scenarios = load("name: x\nmatrix: {points: gateway.*}\nfaults: [{sigkill: }]\n");
  BOOST_REQUIRE(scenarios.size() == 1);
  BOOST_TEST(scenarios[0].name == "x [gateway.*]");
  BOOST_TEST(diagnostics_to_text(check_fault_points(scenarios, {"gateway.send_order"})) ==
             "scenarios/x.yaml:2:18: error CW131: no fault point \"gateway.*\" in this engine\n"
             "    2 | matrix: {points: gateway.*}\n"
             "      |                  ^^^^^^^^^\n"
             "      = a pattern is for `matrix: {points: gateway.*}` or for `sweep`\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(what_patterns_unfold_into_counts_towards_the_most_cells) {
  std::vector<std::string> known;
  for (size_t i = 0; i <= kMatrixCellsMax; ++i) known.push_back("a.p" + std::to_string(i));
  const Loaded loaded = load_scenario_text("x.yaml", "name: x\nmatrix: {points: a.*}\nfaults: [{sigkill: }]\n", known);
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) ==
             "x.yaml:2:9: error CW141: the matrix has 513 cells; 512 at most\n"
             "    2 | matrix: {points: a.*}\n"
             "      |         ^\n"
             "      = split it into several scenarios\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(points_of_a_sweep_that_the_engine_does_not_have_are_told_at_their_place) {
  const std::vector<std::string> known = {"gateway.after_send", "gateway.send_order"};
  const std::string head = "name: x\nfaults: [{sigkill: }]\n";
  const Loaded wrong = load_scenario_text("x.yaml", head + "sweep: {points: [gatway.*, gateway.send_ordre]}\n", known);
  BOOST_TEST(diagnostics_to_text(wrong.diagnostics) ==
             "x.yaml:3:18: error CW131: no fault point of this engine matches \"gatway.*\"\n"
             "    3 | sweep: {points: [gatway.*, gateway.send_ordre]}\n"
             "      |                  ^^^^^^^^\n"
             "      = did you mean \"gateway.*\"?\n"
             "x.yaml:3:28: error CW131: no fault point \"gateway.send_ordre\" in this engine\n"
             "    3 | sweep: {points: [gatway.*, gateway.send_ordre]}\n"
             "      |                            ^^^^^^^^^^^^^^^^^^\n"
             "      = did you mean \"gateway.send_order\"?\n"
             "2 errors\n");
  for (const char* const sweep : {"sweep: {points: [gateway.*, gateway.send_order]}\n", "sweep: {}\n"}) {
    BOOST_TEST(load_scenario_text("x.yaml", head + sweep, known).diagnostics.empty());
  }
  BOOST_TEST(load_scenario_text("x.yaml", head + "sweep: {points: gatway.*}\n").diagnostics.empty());
}

}  // namespace crashwright::harness
