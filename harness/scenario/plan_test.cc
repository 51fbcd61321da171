// Goal: a plan is a function of scenarios, seed and options, and says everything that runner and verifiers need.

#include "harness/scenario/plan.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "harness/scenario/loader.h"

namespace crashwright::harness {
namespace {

using postmortem::FaultAction;
using postmortem::FaultTrigger;

std::vector<Scenario> load(const std::string& text) {
  Loaded loaded = load_scenario_text("scenarios/x.yaml", text);
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  return std::move(loaded.scenarios);
}

Plan only_plan(const std::string& text, const PlanOptions& options = {}) {
  const std::vector<Plan> plans = make_plans(load(text), options);
  BOOST_REQUIRE(plans.size() == 1);
  return plans.front();
}

constexpr const char* kTwoDeaths =
    "name: Two deaths, one flip!\n"
    "session: {checkpoint_every: 40}\n"
    "faults:\n"
    "  - sigkill: {at: gateway.after_send, hit: 60}\n"
    "  - bit_flip: {file: state.bin, offset: 25%}\n"
    "  - null_dereference: {at: recovery.start, during: recovery}\n";

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_plans) {
  const auto scenarios = load(kTwoDeaths);
  PlanOptions options;
  options.run_seed = 7;
  const auto first = make_plans(scenarios, options);
  const auto second = make_plans(scenarios, options);
  BOOST_REQUIRE(first.size() == second.size());
  BOOST_TEST(plan_to_json(first[0]) == plan_to_json(second[0]));
  options.run_seed = 8;
  const auto other = make_plans(scenarios, options);
  BOOST_TEST(other[0].seed != first[0].seed);
  BOOST_TEST(other[0].session.seed != first[0].session.seed);
}

BOOST_AUTO_TEST_CASE(cases_of_one_run_share_the_session_but_not_the_seed) {
  const Plan a = only_plan("name: a\n");
  BOOST_TEST(only_plan("name: a, smallest\n").seed == a.seed);
  const Plan b = only_plan("name: b\n");
  BOOST_TEST(a.seed != b.seed);
  BOOST_TEST(a.session.seed == b.session.seed);
}

BOOST_AUTO_TEST_CASE(a_case_keeps_its_seed_when_other_scenarios_come_and_go) {
  auto both = load("name: a\n");
  both.push_back(load("name: b\n").front());
  BOOST_TEST(make_plans(both, {})[1].seed == only_plan("name: b\n").seed);
}

BOOST_AUTO_TEST_CASE(faults_belong_to_the_start_after_the_deaths_before_them) {
  const Plan plan = only_plan(kTwoDeaths);
  BOOST_REQUIRE(plan.faults.size() == 3);
  BOOST_TEST(plan.faults[0].incarnation == 0);
  BOOST_TEST(plan.faults[1].incarnation == 0);
  BOOST_TEST((plan.faults[1].action == FaultAction::kNone));
  BOOST_TEST(plan.faults[1].damage.fraction_ppm == 250'000);
  BOOST_TEST(plan.faults[2].incarnation == 1);
  BOOST_TEST(plan.incarnations_expected() == 3);
  BOOST_TEST((plan.expect.outcome == ScenarioOutcome::kCrash));
  BOOST_TEST(plan.expect.causes == std::vector<std::string>{"KILLED_BY_HARNESS"});
  BOOST_TEST(plan.id == "two-deaths-one-flip.release");
}

BOOST_AUTO_TEST_CASE(the_outcome_follows_from_the_faults) {
  BOOST_TEST((only_plan("name: x\n").expect.outcome == ScenarioOutcome::kFinish));
  BOOST_TEST(only_plan("name: x\n").expect.causes == std::vector<std::string>{"NO_FAULT"});
  const Plan flipped = only_plan("name: x\nfaults:\n  - sigkill: {at: feed.message}\n  - bit_flip:\n");
  BOOST_TEST((flipped.expect.outcome == ScenarioOutcome::kRefuse));
  const Plan resumed = only_plan("name: x\nfaults:\n  - sigstop: {at: feed.message, for: 50ms}\n");
  BOOST_TEST((resumed.expect.outcome == ScenarioOutcome::kFinish));
  BOOST_TEST(resumed.faults[0].args[0] == 50'000'000);
  BOOST_TEST(!resumed.faults[0].ends_process);
  const Plan stated = only_plan("name: x\nfaults:\n  - sigkill: {at: feed.message}\nexpect: {outcome: refuse}\n");
  BOOST_TEST((stated.expect.outcome == ScenarioOutcome::kRefuse));
}

BOOST_AUTO_TEST_CASE(each_build_is_a_case_with_the_causes_of_that_build) {
  const auto plans = make_plans(load("name: x\nbuild: both\nfaults:\n  - use_after_free: {at: book.apply}\n"), {});
  BOOST_REQUIRE(plans.size() == 2);
  BOOST_TEST(plans[0].id == "x.release");
  BOOST_TEST(plans[1].id == "x.asan");
  BOOST_TEST(plans[0].seed == plans[1].seed);
  BOOST_TEST(plans[0].expect.causes.size() == 2);
  BOOST_TEST(plans[1].expect.causes == std::vector<std::string>{"USE_AFTER_FREE"});
}

BOOST_AUTO_TEST_CASE(only_the_build_asked_for_is_planned) {
  PlanOptions options;
  options.only_build = Build::kAsan;
  BOOST_TEST(make_plans(load("name: x\n"), options).empty());
}

BOOST_AUTO_TEST_CASE(planted_bugs_run_the_planted_build_of_release_cases) {
  PlanOptions options;
  options.planted_bugs = {"no_fsync"};
  const auto plans = make_plans(load("name: x\nbuild: both\n"), options);
  BOOST_REQUIRE(plans.size() == 1);
  BOOST_TEST((plans[0].build == Build::kPlanted));
  BOOST_TEST(plans[0].planted_bugs == options.planted_bugs);
  BOOST_TEST(plans[0].id == "x.planted");
}

BOOST_AUTO_TEST_CASE(repetitions_share_the_seed_and_differ_in_their_folder) {
  PlanOptions options;
  options.repeat = 3;
  const auto plans = make_plans(load("name: x\n"), options);
  BOOST_REQUIRE(plans.size() == 3);
  BOOST_TEST(plans[0].seed == plans[2].seed);
  BOOST_TEST((std::set<std::string>{plans[0].id, plans[1].id, plans[2].id}.size() == 3));
}

BOOST_AUTO_TEST_CASE(names_that_make_the_same_folder_are_told_apart) {
  auto both = load("name: a b\n");
  both.push_back(load("name: a-b\n").front());
  const auto plans = make_plans(both, {});
  BOOST_TEST(plans[0].id != plans[1].id);
}

BOOST_AUTO_TEST_CASE(storage_faults_bring_their_file_system_and_their_need) {
  const Plan torn = only_plan("name: x\nfaults:\n  - torn_write: {bytes: 100B}\n");
  BOOST_TEST(torn.fuse);
  BOOST_TEST(torn.needs == std::vector<std::string>{"fuse"});
  BOOST_TEST(torn.faults[0].point == "audit.before_write");
  BOOST_TEST(torn.faults[0].file == "audit.log");
  BOOST_TEST(torn.faults[0].args[0] == 100);
  const Plan power =
      only_plan("name: x\nsession: {durability: power_loss}\nfaults:\n  - power_loss: {at: gateway.after_send}\n");
  BOOST_TEST((power.profile == Profile::kE));
  const Plan plain = only_plan("name: x\nfaults:\n  - cgroup_oom: {at: book.apply, limit: 256MiB}\n");
  BOOST_TEST(!plain.fuse);
  BOOST_TEST(plain.cgroup_memory_limit_bytes == 256U << 20);
  BOOST_TEST(plain.needs == std::vector<std::string>{"cgroup_memory"});
}

BOOST_AUTO_TEST_CASE(every_trigger_reaches_the_plan) {
  const Plan plan = only_plan(
      "name: x\n"
      "faults:\n"
      "  - exchange_disconnect: {at: gateway.send_order, hit: 5, scope: thread, thread: trading}\n"
      "  - exchange_disconnect: {at: gateway.send_order, probability: 0.5, seed: 9}\n"
      "  - exchange_disconnect: {after: 20ms}\n"
      "  - exchange_disconnect: {feed_sequence: 2500}\n");
  BOOST_TEST((plan.faults[0].trigger == FaultTrigger::kHit));
  BOOST_TEST((plan.faults[0].scope == postmortem::FaultScope::kThread));
  BOOST_TEST(plan.faults[0].thread == "trading");
  BOOST_TEST((plan.faults[1].trigger == FaultTrigger::kProbability));
  BOOST_TEST(plan.faults[1].probability_ppb == 500'000'000);
  BOOST_TEST(plan.faults[1].seed == 9);
  BOOST_TEST((plan.faults[2].trigger == FaultTrigger::kElapsed));
  BOOST_TEST(plan.faults[2].elapsed_ns == 20'000'000);
  BOOST_TEST(plan.faults[2].point.empty());
  BOOST_TEST((plan.faults[3].trigger == FaultTrigger::kFeedSequence));
  BOOST_TEST(plan.faults[3].feed_sequence == 2500);
  BOOST_TEST(plan.faults[3].point == "book.apply");
  BOOST_TEST(only_plan("name: y\nfaults:\n  - abort: {after: 20ms}\n").faults[0].point == "book.apply");
}

BOOST_AUTO_TEST_CASE(plan_json_is_what_the_verifiers_read) {
  const std::string json = plan_to_json(only_plan(kTwoDeaths));
  for (const char* const part :
       {"\"name\": \"Two deaths, one flip!\"", "\"build\": \"release\"", "\"durability\": \"process_death\"",
        "\"profile\": \"K\"", "\"storage\": \"plain\"", "\"kind\": \"sigkill\"", "\"hit\": 60",
        "\"outcome\": \"crash\"", "\"recovery_time_ms\": null", "\"confidence_min\": 0.5", "\"from\": \"fraction\"",
        "\"ends_process\": true"}) {
    BOOST_TEST_CONTEXT(part) { BOOST_TEST(json.find(part) != std::string::npos); }
  }
}

BOOST_AUTO_TEST_CASE(the_repeating_command_is_complete_and_quoted) {
  PlanOptions options;
  options.run_seed = 42;
  Plan plan = only_plan("name: x\n", options);
  BOOST_TEST(repro_command(plan, "my scenarios/it's.yaml", "/opt/bin/crashwright", "") ==
             "/opt/bin/crashwright run 'my scenarios/it'\\''s.yaml' --seed 42 --build release");
  plan.build = Build::kPlanted;
  plan.planted_bugs = {"no_fsync"};
  BOOST_TEST(repro_script(plan, "/opt/bin/crashwright", "/opt/engine") ==
             "#!/bin/sh\n"
             "# Repeats the case \"x.release\" with its seed. More arguments are handed on, --keep for example.\n"
             "here=$(cd \"$(dirname \"$0\")\" && pwd -P) || exit 2\n"
             "exec /opt/bin/crashwright run \"$here/scenario.yaml\" --seed 42 --planted-bug no_fsync "
             "--engine /opt/engine \"$@\"\n");
}

}  // namespace crashwright::harness
