// Goal: each promise that is judged from documents passes on a sound case and fails on one damaged by hand.
// Method: a small case folder written here, one artefact changed per test. The promises that rest on cores, flight
// recorders and audit logs are tested on real crashes (harness/cli/damage_test.cc).
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "rca/autopsy.h"
#include "verifiers/case_view.h"
#include "verifiers/drop_copy.h"
#include "verifiers/testing/synthetic_case.h"
#include "verifiers/verifier.h"

using namespace crashwright;
using namespace crashwright::verifiers;
using namespace crashwright::verifiers::testing;

BOOST_FIXTURE_TEST_CASE(a_sound_case_passes_the_promises_judged_from_documents, SyntheticCase) {
  for (const char* promise :
       {"state_recovery", "rca", "reconciliation", "continuity", "recovery_time", "cleanliness"}) {
    const Verdict verdict = judge(promise);
    BOOST_TEST(outcome_name(verdict.outcome) == "PASS", promise << ": " << verdict.summary);
  }
}

BOOST_FIXTURE_TEST_CASE(a_wrong_position_fails_reconciliation, SyntheticCase) {
  replace("inc1/final_state.json", R"("AAPL":100)", R"("AAPL":200)");
  expect("reconciliation", Outcome::kFail, "AAPL: the engine believes 200, the exchange knows 100");
}

BOOST_FIXTURE_TEST_CASE(an_order_unknown_to_the_engine_fails_reconciliation, SyntheticCase) {
  replace("inc1/final_state.json", R"({"leaves":50,"price_ticks":20000,"side":"S","symbol":"MSFT","user_ref":2})", "");
  expect("reconciliation", Outcome::kFail, "order 2 is open at the exchange, the engine does not know it");
}

BOOST_FIXTURE_TEST_CASE(a_counted_violation_fails_reconciliation, SyntheticCase) {
  replace("exchange/exchange.json", R"("order_after_kill_switch":0)", R"("order_after_kill_switch":2)");
  expect("reconciliation", Outcome::kFail, "order_after_kill_switch");
}

BOOST_FIXTURE_TEST_CASE(an_order_in_doubt_fails_reconciliation, SyntheticCase) {
  replace("inc1/final_state.json", R"("decisions":2)", R"("decisions":2,"in_doubt":[7])");
  expect("reconciliation", Outcome::kFail, "order 7 is still in doubt");
}

BOOST_FIXTURE_TEST_CASE(a_missing_order_fails_continuity, SyntheticCase) {
  replace("golden/exchange.json", R"("user_ref":2)", R"("user_ref":3)");
  expect("continuity", Outcome::kFail, "order 2");
}

BOOST_FIXTURE_TEST_CASE(a_session_that_never_finished_fails_continuity, SyntheticCase) {
  facts.processes[1].finished = false;
  facts.processes[1].wait_status = 3 << 8;
  BOOST_REQUIRE(write_file(folder + "/inc1/stderr.txt", "a warning\nno trading with this log\n\n"));
  expect("continuity", Outcome::kFail, "start 1 did not finish the session, exit status 3: no trading with this log");
}

BOOST_FIXTURE_TEST_CASE(a_promise_that_is_to_be_broken_and_holds_is_no_news_while_a_fault_has_not_fired,
                        SyntheticCase) {
  replace("plan.json", R"("excluded":[])", R"("excluded":[],"broken":["reconciliation"])");
  for (const char* const state : {"confirmed", "armed"}) {
    facts.faults[0].state = state;
    std::vector<Verdict> verdicts = {judge("reconciliation")};
    apply_expectations(*open_case(folder), verdicts);
    const bool fired = facts.faults[0].state == "confirmed";
    BOOST_TEST((verdicts[0].outcome == (fired ? Outcome::kFail : Outcome::kInconclusive)));
    BOOST_TEST(verdicts[0].summary.starts_with(fired ? "kept, but the scenario expects it to be broken: "
                                                     : "expected to be broken, but a fault never fired: "));
  }
}

BOOST_FIXTURE_TEST_CASE(a_death_that_no_fault_asked_for_fails_continuity, SyntheticCase) {
  facts.processes.insert(facts.processes.begin() + 1, facts.processes[1]);
  facts.processes[1].finished = false;
  facts.processes[1].wait_status = 1 << 8;
  expect("continuity", Outcome::kFail, "start 1 died without a fault: exit status 1");
  expect("recovery_time", Outcome::kFail, "start 1 had no fault left and died once more: exit status 1");
}

BOOST_FIXTURE_TEST_CASE(a_death_where_the_session_is_to_finish_fails_continuity, SyntheticCase) {
  replace("plan.json", R"("outcome":"crash")", R"("outcome":"finish")");
  expect("continuity", Outcome::kFail, "the scenario expects it to finish");
}

BOOST_FIXTURE_TEST_CASE(another_final_state_fails_continuity, SyntheticCase) {
  replace("inc1/final_state.json", R"("cash_ticks":-1000000)", R"("cash_ticks":-999999)");
  expect("continuity", Outcome::kFail, "final state differs");
}

BOOST_FIXTURE_TEST_CASE(a_final_state_that_differs_in_an_open_order_alone_is_told_by_that_order, SyntheticCase) {
  replace("inc1/final_state.json", R"({"leaves":50,)", R"({"leaves":40,)");
  expect("continuity", Outcome::kFail,
         "final state differs from the uninterrupted session's: open order 2: S MSFT at 20000, 40 left, uninterrupted: "
         "S MSFT at 20000, 50 left");
  replace("inc1/final_state.json", R"({"leaves":40,"price_ticks":20000,"side":"S","symbol":"MSFT","user_ref":2})", "");
  expect("continuity", Outcome::kFail, "open order 2: not open, uninterrupted: S MSFT at 20000, 50 left");
  replace("inc1/final_state.json", R"("open_orders":[])", "");
  expect("continuity", Outcome::kFail, "unreadable: ");
}

BOOST_FIXTURE_TEST_CASE(a_final_state_that_differs_in_a_count_alone_is_told_by_that_count, SyntheticCase) {
  replace("inc1/final_state.json", R"("decisions":2)", R"("decisions":3)");
  expect("continuity", Outcome::kFail,
         "final state differs from the uninterrupted session's: decisions 3, uninterrupted: 2");
}

BOOST_FIXTURE_TEST_CASE(a_recovered_state_that_changes_fails_state_recovery, SyntheticCase) {
  replace("recovered/0/second.json", R"("audit_sequence":5)", R"("audit_sequence":6)");
  expect("state_recovery", Outcome::kFail, "recovering the recovered state changed it");
}

BOOST_FIXTURE_TEST_CASE(a_fill_that_the_exchange_told_must_be_recovered, SyntheticCase) {
  for (const char* name : {"recovered/0/first.json", "recovered/0/second.json"})
    replace(name, R"("AAPL":100)", R"("AAPL":0)");
  expect("state_recovery", Outcome::kFail, "recovered positions flat, the exchange had told AAPL 100");
}

BOOST_FIXTURE_TEST_CASE(a_state_that_cannot_be_recovered_once_or_again_fails_state_recovery, SyntheticCase) {
  for (const auto& [run, words] : {std::pair("second", "could not be recovered again: "), {"first", "recovered: "}}) {
    std::filesystem::remove(folder + "/recovered/0/" + run + ".json");
    put(std::string("recovered/0/") + run + ".stderr.txt", "audit log damaged");
    expect("state_recovery", Outcome::kFail, std::string(words) + "audit log damaged");
  }
}

BOOST_FIXTURE_TEST_CASE(a_wrong_cause_fails_rca, SyntheticCase) {
  auto report = *rca::autopsy_from_json(sound_autopsy());
  report.cause = "NULL_DEREF";
  put("rca.json", rca::autopsy_to_json(report));
  expect("rca", Outcome::kFail, "the autopsy says NULL_DEREF (confidence 0.95), expected KILLED_BY_HARNESS");
}

BOOST_FIXTURE_TEST_CASE(a_cause_without_evidence_fails_rca, SyntheticCase) {
  auto report = *rca::autopsy_from_json(sound_autopsy());
  report.evidence.clear();
  put("rca.json", rca::autopsy_to_json(report));
  expect("rca", Outcome::kFail, "without any evidence");
}

BOOST_FIXTURE_TEST_CASE(low_confidence_fails_rca, SyntheticCase) {
  replace("rca.json", "0.95", "0.45");
  expect("rca", Outcome::kFail, "only with confidence 0.45");
}

BOOST_FIXTURE_TEST_CASE(a_crash_in_a_known_function_without_a_signature_fails_rca, SyntheticCase) {
  auto report = *rca::autopsy_from_json(sound_autopsy());
  report.signature.clear();
  put("rca.json", rca::autopsy_to_json(report));
  expect("rca", Outcome::kPass, "");
  report.function = "Strategy::decide";
  put("rca.json", rca::autopsy_to_json(report));
  expect("rca", Outcome::kFail, "the crash has no signature");
}

BOOST_FIXTURE_TEST_CASE(a_late_recovery_fails_recovery_time, SyntheticCase) {
  facts.recovery_time_ns = 51'000'000;
  expect("recovery_time", Outcome::kFail, "resumed after 51 ms, the budget is 50 ms");
}

BOOST_FIXTURE_TEST_CASE(a_session_never_resumed_fails_recovery_time, SyntheticCase) {
  facts.recovery_time_ns.reset();
  expect("recovery_time", Outcome::kFail, "never resumed");
}

BOOST_FIXTURE_TEST_CASE(a_leftover_fails_cleanliness, SyntheticCase) {
  facts.leftovers.push_back("process 42");
  expect("cleanliness", Outcome::kFail, "left behind: process 42");
}

BOOST_FIXTURE_TEST_CASE(a_missing_witness_fails_handler_although_no_handler_was_due, SyntheticCase) {
  expect("handler", Outcome::kFail, "no witness");
}

BOOST_FIXTURE_TEST_CASE(a_line_missing_from_the_drop_copy_is_named, SyntheticCase) {
  replace("exchange/drop_copy.jsonl", R"({"n":2,)", R"({"n":3,)");
  expect("state_recovery", Outcome::kError, "drop_copy.jsonl:2: this is line 3 of what the exchange wrote");
}

BOOST_FIXTURE_TEST_CASE(a_log_without_its_recorder_file_fails_log_survival, SyntheticCase) {
  expect("log_survival", Outcome::kFail, "no witness");
}

BOOST_FIXTURE_TEST_CASE(an_excluded_promise_is_not_applicable_and_says_so, SyntheticCase) {
  replace("plan.json", R"("excluded":[])", R"("excluded":["continuity"])");
  BOOST_REQUIRE(rca::write_case_facts(folder + "/facts.json", facts));
  for (const Verdict& verdict : verify_case(*open_case(folder))) {
    if (verdict.promise != "continuity") continue;
    BOOST_TEST(outcome_name(verdict.outcome) == "NOT_APPLICABLE");
    BOOST_TEST(verdict.summary == "not judged: the scenario says so");
  }
}

BOOST_FIXTURE_TEST_CASE(a_folder_without_a_plan_is_refused, SyntheticCase) {
  std::filesystem::remove(folder + "/plan.json");
  const auto view = open_case(folder);
  BOOST_REQUIRE(!view);
  BOOST_TEST(view.error().message.find("plan.json") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_fold_of_the_drop_copy_counts_only_what_was_applied, SyntheticCase) {
  const auto events = read_drop_copy(folder + "/exchange/drop_copy.jsonl");
  BOOST_REQUIRE(events);
  const DropCopyFold before = fold_drop_copy(*events, 2);
  BOOST_TEST(before.positions.empty());
  BOOST_TEST(before.open_leaves.at(1) == 100);
  const DropCopyFold after = fold_drop_copy(*events, 4);
  BOOST_TEST(after.positions.at("AAPL") == 100);
  BOOST_TEST(after.cash_ticks == -1'000'000);
  BOOST_TEST(after.open_leaves.count(1) == 0U);
  BOOST_TEST(after.open_leaves.at(2) == 50);
}

BOOST_FIXTURE_TEST_CASE(a_torn_last_line_of_the_drop_copy_is_dropped_and_a_garbled_one_is_named, SyntheticCase) {
  put("exchange/drop_copy.jsonl", std::string(kDropCopy) + R"({"n":5,"ki)");
  BOOST_TEST(read_drop_copy(folder + "/exchange/drop_copy.jsonl")->size() == 4U);
  put("exchange/drop_copy.jsonl", std::string("garbage\n") + kDropCopy);
  const auto refused = read_drop_copy(folder + "/exchange/drop_copy.jsonl");
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().message.find("drop_copy.jsonl:1: ") != std::string::npos);
}
