// Goal: the outcome of a case is the worst of its verdicts, and never green for a fault that did not fire.
#include "harness/runner/judge.h"

#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "base/file.h"
#include "harness/runner/engine_command.h"
#include "harness/runner/fault_observer.h"
#include "harness/runner/file_damage.h"
#include "harness/runner/files.h"
#include "harness/runner/testing/temporary_folder.h"

using namespace crashwright;
using namespace crashwright::harness;
using postmortem::FaultAction;
using verifiers::Outcome;
using verifiers::Verdict;

namespace {

Verdict verdict(const std::string& promise, Outcome outcome) { return {promise, outcome, "because", {}}; }

rca::CaseFacts facts_with_fault(const std::string& state) {
  rca::CaseFacts facts;
  facts.faults.push_back({"null_dereference", "risk.check", state, "", 0, 0, ""});
  return facts;
}

constexpr int kSegvWithCore = SIGSEGV | 0x80;

Judgement judged(const rca::CaseFacts& facts, std::vector<Verdict>& verdicts) {
  set_aside_unproven(facts, verdicts);
  return judge(facts, verdicts);
}

}  // namespace

BOOST_AUTO_TEST_CASE(all_promises_kept_and_the_fault_confirmed_is_a_pass) {
  const auto result = judge(facts_with_fault("confirmed"),
                            {verdict("rca", Outcome::kPass), verdict("handler", Outcome::kNotApplicable)});
  BOOST_TEST((result.outcome == Outcome::kPass));
  BOOST_TEST(result.summary == "1 promise kept");
}

BOOST_AUTO_TEST_CASE(the_worst_verdict_wins) {
  const std::vector<Verdict> verdicts = {verdict("continuity", Outcome::kPass), verdict("rca", Outcome::kInconclusive),
                                         verdict("log_survival", Outcome::kFail),
                                         verdict("handler", Outcome::kSkipped)};
  const auto result = judge(facts_with_fault("confirmed"), verdicts);
  BOOST_TEST((result.outcome == Outcome::kFail));
  BOOST_TEST(result.summary == "log_survival: because");
}

BOOST_AUTO_TEST_CASE(a_wrongly_expected_function_is_told_by_the_one_that_is_blamed) {
  Verdict core = verdict("core_capture", Outcome::kFail);
  const Verdict rca = {"rca", Outcome::kFail, "function a is blamed, expected b", {}};
  BOOST_TEST(judge(facts_with_fault("confirmed"), {core, rca}).summary == "core_capture: because");
  core.summary = "start 0: the faulting thread's stack does not reach b";
  BOOST_TEST(judge(facts_with_fault("confirmed"), {core, rca}).summary == "rca: " + rca.summary);
}

BOOST_AUTO_TEST_CASE(what_the_books_are_wrong_by_is_told_before_that_they_are) {
  const std::vector<Verdict> verdicts = {verdict("state_recovery", Outcome::kFail), verdict("rca", Outcome::kPass),
                                         verdict("reconciliation", Outcome::kFail)};
  BOOST_TEST(judge(facts_with_fault("confirmed"), verdicts).summary == "reconciliation: because");
}

BOOST_AUTO_TEST_CASE(a_fault_that_never_fired_is_inconclusive_although_the_death_is_missing) {
  std::vector<Verdict> verdicts = {verdict("rca", Outcome::kFail), verdict("continuity", Outcome::kPass)};
  const auto result = judged(facts_with_fault("armed"), verdicts);
  BOOST_TEST((result.outcome == Outcome::kInconclusive));
  BOOST_TEST(result.summary == "the fault null_dereference at risk.check never fired");
  BOOST_TEST((verdicts[0].outcome == Outcome::kNotApplicable));
  BOOST_TEST(verdicts[0].summary == "not judged: the fault null_dereference at risk.check never fired");
  BOOST_TEST((verdicts[1].outcome == Outcome::kPass));
}

BOOST_AUTO_TEST_CASE(no_promise_about_the_death_is_held_against_an_engine_that_a_fault_had_no_effect_on) {
  rca::CaseFacts facts = facts_with_fault("fired");
  facts.faults[0].kind = "memory_limit";
  for (const char* const promise : {"core_capture", "rca", "recovery_time", "handler"}) {
    std::vector<Verdict> verdicts = {verdict(promise, Outcome::kFail)};
    BOOST_TEST((judged(facts, verdicts).outcome == Outcome::kInconclusive), promise);
  }
  std::vector<Verdict> verdicts = {verdict("acknowledged", Outcome::kFail), verdict("rca", Outcome::kFail)};
  const auto result = judged(facts, verdicts);
  BOOST_TEST((result.outcome == Outcome::kFail));
  BOOST_TEST(result.summary == "acknowledged: because");
}

BOOST_AUTO_TEST_CASE(a_death_that_the_engine_owes_to_a_fault_of_its_own_thread_stays_judged) {
  std::vector<Verdict> verdicts = {verdict("core_capture", Outcome::kFail)};
  BOOST_TEST((judged(facts_with_fault("fired"), verdicts).outcome == Outcome::kFail));
}

BOOST_AUTO_TEST_CASE(a_crash_that_no_fault_explains_stays_judged) {
  rca::CaseFacts facts = facts_with_fault("armed");
  facts.processes.emplace_back().wait_status = kSegvWithCore;
  std::vector<Verdict> verdicts = {verdict("rca", Outcome::kFail)};
  BOOST_TEST((judged(facts, verdicts).outcome == Outcome::kFail));
  facts.processes.back().killed_by = "harness";
  BOOST_TEST((judged(facts, verdicts).outcome == Outcome::kInconclusive));
}

BOOST_AUTO_TEST_CASE(a_broken_promise_counts_even_when_the_fault_never_fired) {
  const auto result = judge(facts_with_fault("armed"), {verdict("reconciliation", Outcome::kFail)});
  BOOST_TEST((result.outcome == Outcome::kFail));
}

BOOST_AUTO_TEST_CASE(a_fault_whose_effect_nobody_saw_is_never_green) {
  const auto result = judge(facts_with_fault("fired"), {verdict("rca", Outcome::kPass)});
  BOOST_TEST((result.outcome == Outcome::kInconclusive));
  BOOST_TEST(result.summary == "the fault null_dereference at risk.check fired, but nobody saw its effect");
}

BOOST_AUTO_TEST_CASE(nothing_judged_is_never_green) {
  BOOST_TEST((judge({}, {}).outcome == Outcome::kInconclusive));
  BOOST_TEST((judge({}, {verdict("rca", Outcome::kNotApplicable)}).outcome == Outcome::kInconclusive));
}

BOOST_AUTO_TEST_CASE(trouble_of_the_harness_and_a_missing_need_come_before_the_verdicts) {
  rca::CaseFacts facts;
  facts.skipped_need = "fuse";
  BOOST_TEST((judge(facts, {}).outcome == Outcome::kSkipped));
  facts.environment_error = "disk full";
  BOOST_TEST((judge(facts, {verdict("rca", Outcome::kPass)}).outcome == Outcome::kError));
}

BOOST_AUTO_TEST_CASE(a_crash_is_proved_by_a_signal_that_nobody_sent) {
  FaultPlan fault;
  fault.action = FaultAction::kNullDereference;
  rca::ProcessFacts process;
  process.wait_status = kSegvWithCore;
  BOOST_TEST(proof_of(fault, {&process, 0, 0}) == "wait status SIGSEGV (core dumped)");
  process.killed_by = "harness";
  BOOST_TEST(proof_of(fault, {&process, 0, 0}).empty());
  process.killed_by.clear();
  process.wait_status = 0;
  BOOST_TEST(proof_of(fault, {&process, 0, 0}).empty());
  process.wait_status = SIGKILL;
  BOOST_TEST(proof_of(fault, {&process, 0, 0}).empty());
}

BOOST_AUTO_TEST_CASE(an_oom_kill_is_proved_by_the_cgroup_not_by_the_signal) {
  FaultPlan fault;
  fault.action = FaultAction::kCgroupOom;
  rca::ProcessFacts process;
  process.wait_status = SIGKILL;
  BOOST_TEST(proof_of(fault, {&process, 0, 0}).empty());
  process.oom_kills = 1;
  BOOST_TEST(proof_of(fault, {&process, 0, 0}) == "wait status SIGKILL, the cgroup counts 1 OOM kill");
}

BOOST_AUTO_TEST_CASE(a_hang_is_proved_by_the_watchdog_or_the_deadline) {
  FaultPlan fault;
  fault.action = FaultAction::kLivelock;
  rca::ProcessFacts process;
  process.wait_status = SIGABRT;
  BOOST_TEST(proof_of(fault, {&process, 0, 0}).empty());
  BOOST_TEST(proof_of(fault, {&process, 0, 77}) == "wait status SIGABRT, the watchdog named thread 77");
  process.wait_status = SIGKILL;
  process.killed_by = "harness";
  process.kill_reason = "deadline";
  BOOST_TEST(proof_of(fault, {&process, 0, 0}) == "it hung until the deadline");
}

BOOST_AUTO_TEST_CASE(a_crash_in_the_handler_is_proved_only_with_the_nested_fault) {
  FaultPlan fault;
  fault.action = FaultAction::kCrashInHandler;
  rca::ProcessFacts process;
  process.wait_status = kSegvWithCore;
  BOOST_TEST(proof_of(fault, {&process, 0, 0}).empty());
  BOOST_TEST(!proof_of(fault, {&process, 1, 0}).empty());
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_impatient_only_where_a_hang_is_planned) {
  Plan plan;
  EngineCommand engine;
  BOOST_TEST(stall_after_ms(plan, engine) == 5'000U);
  plan.faults.resize(1);
  plan.faults[0].action = FaultAction::kNullDereference;
  BOOST_TEST(stall_after_ms(plan, engine) == 5'000U);
  plan.faults[0].action = FaultAction::kLivelock;
  BOOST_TEST(stall_after_ms(plan, engine) == 1'000U);
  plan.session.stall_after_ms = 300;
  BOOST_TEST(stall_after_ms(plan, engine) == 300U);
  engine.recover_only = true;
  BOOST_TEST(stall_after_ms(plan, engine) == 5'000U);
}

BOOST_AUTO_TEST_CASE(a_bit_is_inverted_where_the_plan_says) {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  const std::string original(100, 'a');
  const auto flip = [&](const DamagePlace& place) {
    FaultPlan fault;
    fault.kind = "bit_flip";
    fault.file = "file";
    fault.seed = 3;
    fault.damage = place;
    return damage_file(fault, folder.path(), {});
  };
  const auto damaged_at = [&](const DamagePlace& place) {
    BOOST_REQUIRE(write_file(path, original + std::string(5000, '\0')).has_value());
    BOOST_REQUIRE(flip(place).has_value());
    const std::string now = read_file(path).value();
    size_t at = std::string::npos;
    for (size_t i = 0; i < original.size(); ++i) {
      if (now[i] != original[i]) at = i;
    }
    return at;
  };
  using From = DamagePlace::From;
  BOOST_TEST(damaged_at({From::kStart, 0, 0}) == 0U);
  BOOST_TEST(damaged_at({From::kStart, 7, 0}) == 7U);
  BOOST_TEST(damaged_at({From::kStart, 7000, 0}) == 99U);
  BOOST_TEST(damaged_at({From::kEnd, 1, 0}) == 99U);
  BOOST_TEST(damaged_at({From::kEnd, 500, 0}) == 0U);
  BOOST_TEST(damaged_at({From::kFraction, 0, 500'000}) == 50U);
  BOOST_REQUIRE(write_file(path, "").has_value());
  BOOST_TEST((flip({}).error().kind == ErrorKind::kUsage));
}

BOOST_AUTO_TEST_CASE(a_last_passage_that_was_not_the_last_proves_nothing) {
  Plan plan;
  FaultPlan fault;
  fault.kind = "slow_thread";
  fault.action = FaultAction::kSlowThread;
  fault.point = "audit.before_write";
  fault.trigger = postmortem::FaultTrigger::kLast;
  plan.faults = {fault};
  const auto seen = [&](uint64_t passages, uint64_t records_under_way) {
    const auto channel = ControlChannel::create(plan);
    BOOST_REQUIRE(channel.has_value());
    postmortem::ControlBlock& block = (*channel)->block();
    block.fault_points[3].name.assign("audit.before_write");
    block.fault_points[3].hits.store(passages);
    block.engine.audit_appended.store(40 + records_under_way);
    block.engine.audit_durable.store(40);
    (*channel)->armed(0)->fired_hit.store(7);
    (*channel)->armed(0)->state.store(postmortem::FaultState::kConfirmed);
    FaultObserver observer(plan, **channel);
    observer.after_incarnation({});
    rca::CaseFacts facts;
    facts.faults = observer.facts();
    return judge(facts, {verdict("rca", Outcome::kPass)}).summary;
  };
  BOOST_TEST(seen(7, 1) == "1 promise kept");
  BOOST_TEST(seen(8, 0) ==
             "the fault slow_thread at audit.before_write fired, but it was passage 7 of 8, with 0 records under way: "
             "not the last");
  BOOST_TEST(seen(7, 2) ==
             "the fault slow_thread at audit.before_write fired, but it was passage 7 of 7, with 2 records under way: "
             "not the last");
}

BOOST_AUTO_TEST_CASE(a_file_at_rest_is_cut_removed_put_back_and_taken_from_elsewhere) {
  const TemporaryFolder folder;
  const std::string path = folder / "audit.log";
  const auto damage = [&](const char* kind) {
    FaultPlan fault;
    fault.kind = kind;
    fault.file = "audit.log";
    return damage_file(fault, folder.path(), {folder / "earlier", folder / "foreign"});
  };
  BOOST_REQUIRE(write_file(path, std::string(100, 'a')).has_value());
  BOOST_TEST(damage("truncated_file").value() == "cut to 50 of 100 bytes");
  BOOST_TEST(read_file(path).value() == std::string(50, 'a'));
  BOOST_TEST((damage("stale_file").error().kind == ErrorKind::kUsage));
  BOOST_TEST((damage("newer_version").error().kind == ErrorKind::kUsage));
  BOOST_REQUIRE(make_folder(folder / "earlier").has_value());
  BOOST_REQUIRE(write_file(folder / "earlier/audit.log", "old").has_value());
  BOOST_TEST(damage("stale_file").has_value());
  BOOST_TEST(read_file(path).value() == "old");
  BOOST_TEST((damage("foreign_file").error().kind == ErrorKind::kUsage));
  BOOST_REQUIRE(make_folder(folder / "foreign").has_value());
  BOOST_REQUIRE(write_file(folder / "foreign/audit.log", "theirs").has_value());
  BOOST_TEST(damage("foreign_file").value() == "of another session");
  BOOST_TEST(read_file(path).value() == "theirs");
  BOOST_TEST(damage("missing_file").value() == "removed");
  BOOST_TEST((damage("missing_file").error().kind == ErrorKind::kUsage));
}
