// Goal: a case is carried out from plan to facts as planned, whatever the engine does. Method: whole cases with a stub
// engine and a stub exchange; judged are the facts and the folder, not the promises, which the stub does not keep.
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "harness/runner/case_runner.h"
#include "harness/runner/files.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/proc_info.h"
#include "harness/runner/run.h"
#include "harness/runner/testing/temporary_folder.h"

using namespace crashwright;
using namespace crashwright::harness;
using postmortem::FaultAction;
using postmortem::FaultTrigger;

namespace {

constexpr uint64_t kMessages = 40;

class CollectingSink : public EventSink {
 public:
  void on_event(const Event& event) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }
  [[nodiscard]] bool noted(const std::string& part) const {
    for (const Event& event : events_) {
      const auto* const note = std::get_if<CaseNote>(&event);
      if (note != nullptr && note->text.find(part) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::mutex mutex_;
  std::vector<Event> events_;
};

// One run's surroundings, with the stub programs.
struct Stage {
  Stage() {
    ::setenv("CRASHWRIGHT_STATE_DIR", (folder / "state").c_str(), 1);
    options.folder = folder / "out";
    options.keep_all = true;
    options.programs.release = options.programs.asan = options.programs.planted = STUB_ENGINE;
    options.programs.exchange = STUB_EXCHANGE;
    options.crashwright = "crashwright";
    machine.core = CoreWay::kKernel;
    BOOST_REQUIRE(make_folder(options.folder).has_value());
    ledger = std::move(*Ledger::create());
    golden = std::make_unique<GoldenRuns>(options, *ledger);
  }
  ~Stage() { ::unsetenv("CRASHWRIGHT_STATE_DIR"); }

  rca::CaseFacts facts_of(const Plan& plan) {
    RunContext context{options, machine, *ledger, *golden, sink};
    finished = run_case(plan, context);
    BOOST_REQUIRE(finished.has_value());
    auto facts = rca::read_case_facts(options.folder + "/" + plan.id + "/facts.json");
    BOOST_REQUIRE_MESSAGE(facts.has_value(), (facts ? "" : facts.error().message));
    BOOST_TEST(facts->environment_error == "");
    BOOST_TEST(facts->leftovers.empty());
    return *facts;
  }
  [[nodiscard]] std::string path(const Plan& plan, const std::string& name) const {
    return options.folder + "/" + plan.id + "/" + name;
  }

  TemporaryFolder folder;
  RunOptions options;
  Capabilities machine;
  CollectingSink sink;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<GoldenRuns> golden;
  std::optional<CaseFinished> finished;
};

Plan stub_plan(const std::string& id) {
  Plan plan;
  plan.id = plan.name = id;
  plan.seed = 5;
  plan.session.seed = 1;
  plan.session.messages = kMessages;
  plan.scenario_text = "name: " + id + "\n";
  plan.scenario_path = "scenarios/" + id + ".yaml";
  plan.expect.causes = {"NO_FAULT"};
  return plan;
}

FaultPlan fault_at(FaultAction action, const std::string& kind, uint64_t hit, uint32_t incarnation = 0) {
  FaultPlan fault;
  fault.kind = kind;
  fault.action = action;
  fault.point = "stub.step";
  fault.hit = hit;
  fault.incarnation = incarnation;
  return fault;
}

std::vector<rca::ProcessFacts> engines(const rca::CaseFacts& facts) {
  std::vector<rca::ProcessFacts> found;
  for (const rca::ProcessFacts& process : facts.processes) {
    if (process.role == "engine") found.push_back(process);
  }
  return found;
}

int ending_signal(const rca::ProcessFacts& process) {
  return WIFSIGNALED(process.wait_status) ? WTERMSIG(process.wait_status) : 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_session_without_fault_finishes_in_its_first_incarnation) {
  Stage stage;
  const Plan plan = stub_plan("control");
  const auto facts = stage.facts_of(plan);
  BOOST_REQUIRE(engines(facts).size() == 1U);
  BOOST_TEST(facts.processes.size() == 1U);
  BOOST_TEST(facts.processes[0].finished);
  BOOST_TEST(!facts.recovery_time_ns.has_value());
  for (const char* name :
       {"plan.json", "scenario.yaml", "repro.sh", "golden/final_state.json", "exchange/exchange.json",
        "inc0/final_state.json", "inc0/control.bin", "inc0/data/audit.log"}) {
    BOOST_TEST(file_exists(stage.path(plan, name)), name);
  }
  BOOST_TEST(!file_exists(stage.path(plan, "data")));
  BOOST_TEST(read_file(stage.path(plan, "golden/final_state.json")).value() ==
             read_file(stage.path(plan, "inc0/final_state.json")).value());
}

BOOST_AUTO_TEST_CASE(a_crash_is_followed_by_a_restart_that_finishes) {
  Stage stage;
  Plan plan = stub_plan("crash");
  plan.faults = {fault_at(FaultAction::kNullDereference, "null_dereference", 10)};
  const auto facts = stage.facts_of(plan);
  const auto starts = engines(facts);
  BOOST_REQUIRE(starts.size() == 2U);
  BOOST_TEST(ending_signal(starts[0]) == SIGSEGV);
  BOOST_TEST(starts[0].killed_by == "");
  BOOST_TEST((starts[0].core_path.starts_with("inc0/core") || !starts[0].core_absent_because.empty()));
  BOOST_TEST(!starts[0].build_id.empty());
  BOOST_TEST(starts[1].finished);
  BOOST_REQUIRE(facts.faults.size() == 1U);
  BOOST_TEST(facts.faults[0].state == "confirmed");
  BOOST_TEST(facts.faults[0].confirmed_by.starts_with("wait status SIGSEGV"));
  BOOST_TEST(facts.recovery_time_ns.has_value());
  BOOST_TEST(read_file(stage.path(plan, "recovered/0/first.json")).value() == "{\"records\":9}");
  BOOST_TEST(read_file(stage.path(plan, "recovered/0/second.json")).value() == "{\"records\":9}");
  BOOST_TEST(file_exists(stage.path(plan, "recovered/0/first.stderr.txt")));
  BOOST_TEST(!file_exists(stage.path(plan, "recovered/0/data")));
  BOOST_TEST(std::filesystem::file_size(stage.path(plan, "inc0/data/audit.log")) == 72U);
  BOOST_TEST(stage.sink.noted("fault fired: null_dereference"));
}

BOOST_AUTO_TEST_CASE(a_second_crash_in_the_second_incarnation_needs_a_third) {
  Stage stage;
  Plan plan = stub_plan("twice");
  plan.faults = {fault_at(FaultAction::kAbort, "abort", 10), fault_at(FaultAction::kSigkill, "sigkill", 5, 1)};
  const auto facts = stage.facts_of(plan);
  const auto starts = engines(facts);
  BOOST_REQUIRE(starts.size() == 3U);
  BOOST_TEST(ending_signal(starts[0]) == SIGABRT);
  BOOST_TEST(ending_signal(starts[1]) == SIGKILL);
  BOOST_TEST(starts[1].killed_by == "harness");
  BOOST_TEST(starts[1].kill_reason == "fault");
  BOOST_TEST(starts[2].finished);
  BOOST_TEST(facts.faults[1].state == "confirmed");
  BOOST_TEST(facts.faults[1].incarnation == 1U);
  BOOST_TEST(file_exists(stage.path(plan, "recovered/1/second.json")));
}

BOOST_AUTO_TEST_CASE(a_stop_for_a_while_is_seen_and_the_session_goes_on) {
  Stage stage;
  Plan plan = stub_plan("stop-and-go");
  plan.faults = {fault_at(FaultAction::kSigstop, "sigstop", 10)};
  plan.faults[0].args[0] = 5'000'000;
  plan.faults[0].ends_process = false;
  const auto facts = stage.facts_of(plan);
  BOOST_REQUIRE(engines(facts).size() == 1U);
  BOOST_TEST(facts.processes[0].finished);
  BOOST_TEST(facts.processes[0].seen_stopped);
  BOOST_TEST(facts.faults[0].confirmed_by == "state T in /proc");
}

BOOST_AUTO_TEST_CASE(a_stop_for_good_ends_with_a_core_taken_from_outside) {
  Stage stage;
  Plan plan = stub_plan("stop");
  plan.faults = {fault_at(FaultAction::kSigstop, "sigstop", 10)};
  const auto facts = stage.facts_of(plan);
  const auto starts = engines(facts);
  BOOST_REQUIRE(starts.size() == 2U);
  BOOST_TEST(ending_signal(starts[0]) == SIGKILL);
  BOOST_TEST(starts[0].kill_reason == "fault");
  BOOST_TEST(starts[0].seen_stopped);
  BOOST_TEST(starts[0].core_way == "outside");
  BOOST_TEST(file_exists(stage.path(plan, starts[0].core_path)));
  BOOST_TEST(starts[1].finished);
}

BOOST_AUTO_TEST_CASE(a_hang_ends_at_the_deadline_with_a_core_taken_from_outside) {
  Stage stage;
  Plan plan = stub_plan("hang");
  plan.faults = {fault_at(FaultAction::kStalledThread, "stalled_thread", 10)};
  plan.deadline_ms = 2000;
  const auto facts = stage.facts_of(plan);
  const auto starts = engines(facts);
  BOOST_REQUIRE(starts.size() == 2U);
  BOOST_TEST(starts[0].kill_reason == "deadline");
  BOOST_TEST(starts[0].core_way == "outside");
  BOOST_TEST(starts[1].finished);
  BOOST_TEST(facts.faults[0].confirmed_by == "it hung until the deadline");
}

BOOST_AUTO_TEST_CASE(without_the_kernels_cores_a_crash_is_caught_from_outside) {
  Stage stage;
  stage.machine.core = CoreWay::kOutside;
  Plan plan = stub_plan("outside");
  plan.faults = {fault_at(FaultAction::kNullDereference, "null_dereference", 10)};
  const auto facts = stage.facts_of(plan);
  const auto starts = engines(facts);
  BOOST_REQUIRE(starts.size() == 2U);
  BOOST_TEST(ending_signal(starts[0]) == SIGSEGV);
  BOOST_TEST(starts[0].core_way == "outside");
  BOOST_TEST(file_exists(stage.path(plan, starts[0].core_path)));
}

BOOST_AUTO_TEST_CASE(a_timed_kill_without_a_fault_point_is_done_by_the_harness) {
  Stage stage;
  Plan plan = stub_plan("timed");
  plan.session.messages = 200'000;
  FaultPlan fault = fault_at(FaultAction::kSigkill, "sigkill", 1);
  fault.point.clear();
  fault.trigger = FaultTrigger::kFeedSequence;
  fault.feed_sequence = 20;
  plan.faults = {fault};
  const auto facts = stage.facts_of(plan);
  const auto starts = engines(facts);
  BOOST_REQUIRE(starts.size() == 2U);
  BOOST_TEST(starts[0].kill_reason == "fault");
  BOOST_TEST(facts.faults[0].state == "confirmed");
}

BOOST_AUTO_TEST_CASE(a_disconnect_is_passed_on_and_confirmed_by_the_exchange) {
  Stage stage;
  Plan plan = stub_plan("disconnect");
  plan.faults = {fault_at(FaultAction::kExchangeDisconnect, "exchange_disconnect", 10),
                 fault_at(FaultAction::kSigstop, "sigstop", 11)};
  plan.faults[0].ends_process = plan.faults[1].ends_process = false;
  plan.faults[1].args[0] = 1'000'000;  // so that the session does not end before the request was served
  const auto facts = stage.facts_of(plan);
  BOOST_TEST(facts.processes.size() == 1U);
  BOOST_TEST(facts.faults[0].confirmed_by == "the exchange counts 1 dropped connection");
}

BOOST_AUTO_TEST_CASE(damage_at_rest_is_done_between_death_and_restart_and_a_refusal_ends_the_case) {
  Stage stage;
  Plan plan = stub_plan("damage");
  FaultPlan flip;
  flip.kind = "bit_flip";
  flip.file = "audit.log";
  flip.ends_process = false;
  plan.faults = {fault_at(FaultAction::kSigkill, "sigkill", 10), flip};
  const auto facts = stage.facts_of(plan);
  const auto starts = engines(facts);
  BOOST_REQUIRE(starts.size() == 2U);
  BOOST_TEST(WEXITSTATUS(starts[1].wait_status) == 3);
  BOOST_TEST(facts.faults[1].state == "confirmed");
  BOOST_TEST(facts.faults[1].confirmed_by.starts_with("audit.log: bit "));
  BOOST_TEST(!file_exists(stage.path(plan, "recovered/0/first.json")));
  BOOST_TEST(read_file(stage.path(plan, "recovered/0/first.stderr.txt")).value() ==
             "stub engine: the log is damaged\n");
}

BOOST_AUTO_TEST_CASE(a_loss_of_power_leaves_only_what_the_profile_allows) {
  Stage stage;
  const auto machine = probe_machine(stage.folder.path());
  BOOST_REQUIRE(machine.has_value());
  if (!machine->fuse) {
    BOOST_TEST_MESSAGE("no power-loss file system here");
    return;
  }
  Plan plan = stub_plan("power");
  plan.fuse = true;
  plan.profile = Profile::kS;
  plan.faults = {fault_at(FaultAction::kPowerLoss, "power_loss", 30)};
  const auto facts = stage.facts_of(plan);
  const auto starts = engines(facts);
  BOOST_REQUIRE(starts.size() == 2U);
  BOOST_TEST(facts.power_lost);
  BOOST_TEST(starts[0].kill_reason == "fault");
  BOOST_TEST(facts.faults[0].state == "confirmed");
  // The stub syncs nothing, so any part of its 29 records may be gone, with holes between: then it refuses.
  BOOST_TEST((starts[1].finished || WEXITSTATUS(starts[1].wait_status) == 3));
  const std::string log = stage.path(plan, "inc0/data/audit.log");
  BOOST_TEST((!file_exists(log) || std::filesystem::file_size(log) <= 29U * 8U));
  BOOST_TEST(!file_exists(stage.path(plan, "backing-0")));
  BOOST_TEST(!file_exists(stage.path(plan, "backing-1")));
}

BOOST_AUTO_TEST_CASE(a_fault_that_never_fires_makes_the_case_inconclusive) {
  Stage stage;
  Plan plan = stub_plan("unfired");
  plan.faults = {fault_at(FaultAction::kNullDereference, "null_dereference", kMessages + 1)};
  const auto facts = stage.facts_of(plan);
  BOOST_TEST(facts.faults[0].state == "armed");
  BOOST_TEST((stage.finished->outcome != verifiers::Outcome::kPass));
}

BOOST_AUTO_TEST_CASE(an_engine_that_always_dies_is_not_started_for_ever) {
  Stage stage;
  Plan plan = stub_plan("always");
  plan.faults = {fault_at(FaultAction::kNullDereference, "null_dereference", 1)};
  for (uint32_t incarnation = 1; incarnation < 8; ++incarnation) {
    plan.faults.push_back(fault_at(FaultAction::kAbort, "abort", 1, incarnation));
  }
  plan.deadline_ms = 60'000;
  const auto facts = stage.facts_of(plan);
  BOOST_TEST(engines(facts).size() == 9U);
  BOOST_TEST(engines(facts).back().finished);
}

BOOST_AUTO_TEST_CASE(a_missing_need_skips_the_case_before_anything_is_started) {
  Stage stage;
  Plan plan = stub_plan("needy");
  plan.needs = {"fuse"};
  stage.machine.findings.push_back({"fuse", false, "no /dev/fuse", ""});
  const auto facts = stage.facts_of(plan);
  BOOST_TEST(facts.skipped_need == "fuse: no /dev/fuse");
  BOOST_TEST(facts.processes.empty());
  BOOST_TEST((stage.finished->outcome == verifiers::Outcome::kSkipped));
  BOOST_TEST(stage.golden->made() == 0U);
}

BOOST_AUTO_TEST_CASE(the_golden_run_of_a_session_is_made_once_also_by_parallel_jobs) {
  Stage stage;
  const Plan plan = stub_plan("golden");
  Plan other = stub_plan("other");
  other.session.messages = kMessages + 1;
  std::vector<std::string> answers(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& answer : answers) {
      threads.emplace_back([&] { answer = stage.golden->folder(plan).value(); });
    }
  }
  for (const std::string& answer : answers) BOOST_TEST(answer == answers[0]);
  BOOST_TEST(stage.golden->made() == 1U);
  BOOST_TEST(stage.golden->folder(other).value() != answers[0]);
  BOOST_TEST(stage.golden->made() == 2U);
  BOOST_TEST(read_file(answers[0] + "/final_state.json").value() == "{\"records\":40}");
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_run_and_leaves_no_process) {
  Stage stage;
  Plan plan = stub_plan("interrupted");
  plan.faults = {fault_at(FaultAction::kStalledThread, "stalled_thread", 10)};
  plan.deadline_ms = 100'000;
  std::jthread interrupter([&] {
    const Deadline deadline(std::chrono::seconds(60));
    // Once the engine of the case has written, the case is in full swing.
    while (!file_exists(stage.path(plan, "data/audit.log")) && !deadline.passed()) std::this_thread::yield();
    interrupt_runs();
  });
  const auto summary = run_plans({plan}, stage.options, stage.sink);
  clear_interrupt();
  BOOST_REQUIRE(summary.has_value());
  BOOST_TEST(summary->interrupted);
  BOOST_TEST(summary->cases.empty());
  BOOST_TEST(!file_exists(stage.path(plan, "data")));
}

BOOST_AUTO_TEST_CASE(parallel_jobs_carry_out_every_plan_and_leave_nothing_behind) {
  Stage stage;
  std::vector<Plan> plans;
  for (int i = 0; i < 6; ++i) {
    plans.push_back(stub_plan("job-" + std::to_string(i)));
    if (i % 2 == 1) plans.back().faults = {fault_at(FaultAction::kSigkill, "sigkill", 10)};
  }
  stage.options.jobs = 3;
  const auto summary = run_plans(plans, stage.options, stage.sink);
  BOOST_REQUIRE_MESSAGE(summary.has_value(), (summary ? "" : summary.error().message));
  BOOST_REQUIRE(summary->cases.size() == plans.size());
  for (size_t i = 0; i < plans.size(); ++i) {
    BOOST_TEST(summary->cases[i].case_id == plans[i].id);
    BOOST_TEST(rca::read_case_facts(stage.path(plans[i], "facts.json"))->environment_error == "");
  }
  BOOST_TEST(!file_exists(stage.options.folder + "/.golden"));
  BOOST_TEST(!file_exists(stage.options.folder + "/.probe"));
}
