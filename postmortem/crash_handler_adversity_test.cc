// Goal: the handler gets through whatever happens while it runs: faults in each of its stages, a stage that hangs, a
// second thread that dies meanwhile; and it makes none of the calls that a signal handler must not make.
// Method: faults armed at the handler's own fault point, in real children.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "postmortem/crash_test_support.h"

namespace crashwright::postmortem {
namespace {

bool completed(const CrashRecord& record, uint32_t stage) {
  const auto& stages = record.stages_completed;
  return std::any_of(stages.begin(), stages.end(), [&](const CompletedStage& done) { return done.stage == stage; });
}

void check_original_signal(const ChildRun& child) {
  BOOST_TEST(child.signal() == SIGSEGV);
  if (!cores_land_in_the_working_directory()) return;
  const auto core = child.core();
  BOOST_REQUIRE(core.has_value());
  const CrashRecord record = child.record();
  BOOST_TEST(core->signal == SIGSEGV);
  BOOST_TEST(core->code == SEGV_MAPERR);
  BOOST_TEST(core->fault_address == 16U);
  BOOST_TEST(core->pc == record.registers.rip);
}

struct Calls {
  uint64_t counting;
  uint64_t calls;
};

Calls read_calls(const ChildRun& child) {
  const std::string bytes = child.text("calls");
  Calls calls{};
  BOOST_REQUIRE(bytes.size() == sizeof calls);
  std::memcpy(&calls, bytes.data(), sizeof calls);
  return calls;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_fault_inside_any_stage_is_recorded_and_costs_nothing_else) {
  for (uint32_t stage = 1; stage <= 7; ++stage) {
    BOOST_TEST_CONTEXT("stage " << stage) {
      ChildRun child;
      child.arm(FaultAction::kCrashInHandler).args[0] = stage;
      child.start(kChild, {"thread"});
      BOOST_REQUIRE(child.wait());
      check_original_signal(child);
      const CrashRecord record = child.record();
      BOOST_TEST(record.complete);
      BOOST_TEST(record.stages_completed.size() == 7U);
      BOOST_REQUIRE(record.nested_faults.size() == 1U);
      BOOST_TEST(record.nested_faults[0].stage == stage);
      BOOST_TEST(record.nested_faults[0].signal == SIGSEGV);
      BOOST_TEST(record.thread_name == "trading");
      BOOST_TEST(child.block().handler.nested_faults.load() == 1U);
      BOOST_TEST(child.block().handler.entries.load() == 2U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stage_that_faults_again_is_left_out_and_the_next_one_goes_on) {
  for (uint64_t stage = 1; stage <= 7; ++stage) {
    BOOST_TEST_CONTEXT("stage " << stage) {
      ChildRun child;
      child.arm(FaultAction::kNullDereference);
      child.arm(FaultAction::kNullDereference, "handler.stage").hit = stage;
      child.arm(FaultAction::kNullDereference, "handler.stage").hit = stage + 1;
      child.start(kChild, {"thread"});
      BOOST_REQUIRE(child.wait());
      check_original_signal(child);
      const CrashRecord record = child.record();
      BOOST_TEST(record.nested_faults.size() == 2U);
      for (uint32_t other = 1; other <= 7; ++other) BOOST_TEST(completed(record, other) == (other != stage));
      BOOST_TEST(record.complete);
      BOOST_TEST(record.thread_name == "trading");  // the facts are written at the end if not before
    }
  }
}

BOOST_AUTO_TEST_CASE(an_abort_inside_a_stage_is_a_nested_fault_as_well) {
  ChildRun child;
  child.arm(FaultAction::kNullDereference);
  child.arm(FaultAction::kAbort, "handler.stage").hit = 2;
  child.start(kChild, {"thread"});
  BOOST_REQUIRE(child.wait());
  check_original_signal(child);
  const CrashRecord record = child.record();
  BOOST_REQUIRE(record.nested_faults.size() == 1U);
  BOOST_TEST(record.nested_faults[0].signal == SIGABRT);
  BOOST_TEST(record.complete);
}

BOOST_AUTO_TEST_CASE(a_hung_stage_ends_at_the_deadline_and_the_process_dies_as_it_should) {
  ChildRun child;
  child.arm(FaultAction::kNullDereference);
  child.arm(FaultAction::kStalledThread, "handler.stage").hit = 3;
  child.start(kChild, {"thread", "100"});
  BOOST_REQUIRE(child.wait());
  check_original_signal(child);
  const CrashRecord record = child.record();
  BOOST_REQUIRE(record.nested_faults.size() == 1U);
  BOOST_TEST(record.nested_faults[0].deadline);
  BOOST_TEST(record.nested_faults[0].stage == 3U);
  BOOST_TEST(completed(record, 1));
  BOOST_TEST(completed(record, 2));
  BOOST_TEST(!completed(record, 3));
}

BOOST_AUTO_TEST_CASE(a_thread_that_dies_during_the_crash_of_another_is_noted) {
  ChildRun child;
  child.arm(FaultAction::kNullDereference).thread.assign("trading");
  child.arm(FaultAction::kAbort).thread.assign("feed");
  child.block().faults[1].hit = 2;
  child.arm(FaultAction::kStalledThread, "handler.stage");  // holds the first one until the deadline
  child.start(kChild, {"second", "300"});
  BOOST_REQUIRE(child.wait());
  check_original_signal(child);
  const CrashRecord record = child.record();
  BOOST_TEST(record.nested_faults.at(0).stage == 1U);
  BOOST_REQUIRE(record.other_deaths.size() == 1U);
  BOOST_TEST(record.other_deaths[0].thread_name == "feed");
  BOOST_TEST(record.other_deaths[0].signal == SIGABRT);
  BOOST_TEST(record.other_deaths[0].tid != record.tid);
}

BOOST_AUTO_TEST_CASE(the_handler_never_calls_the_allocator_stdio_or_a_lock) {
  for (const char* const death : {"null_dereference", "allocator_abort", "stack_exhausted", "uncaught_exception"}) {
    ChildRun child;
    child.start(kChildInterposed, {std::string("death:") + death});
    BOOST_REQUIRE(child.wait());
    BOOST_TEST(child.record().complete);
    const Calls calls = read_calls(child);
    BOOST_TEST(calls.counting == 1U);
    BOOST_TEST(calls.calls == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_handler_that_allocates_is_seen_by_the_interposed_allocator) {
  ChildRun child;
  child.arm(FaultAction::kNullDereference);
  child.start(kChildInterposedPlanted, {"thread", "2000", "handler_allocates"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(read_calls(child).calls > 0U);
}

BOOST_AUTO_TEST_CASE(a_handler_that_allocates_hangs_when_the_heap_lock_is_held) {
  ChildRun child;
  child.arm(FaultAction::kHeapOverflow);
  child.start(kChildPlanted, {"thread", "200", "handler_allocates"});
  BOOST_TEST(!child.wait(3));
  BOOST_TEST(!child.record().crashed);
}

BOOST_AUTO_TEST_CASE(a_handler_without_alternate_stack_loses_the_record_of_an_exhausted_stack) {
  ChildRun child;
  child.arm(FaultAction::kStackExhaustion);
  child.start(kChildPlanted, {"thread", "2000", "handler_without_alternate_stack"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.signal() == SIGSEGV);
  BOOST_TEST(!child.record().crashed);
}

BOOST_AUTO_TEST_CASE(a_handler_that_reraises_loses_code_and_address_in_the_core) {
  if (!cores_land_in_the_working_directory()) return;
  ChildRun child;
  child.arm(FaultAction::kNullDereference);
  child.start(kChildPlanted, {"thread", "2000", "handler_reraises_with_raise"});
  BOOST_REQUIRE(child.wait());
  const auto core = child.core();
  BOOST_REQUIRE(core.has_value());
  BOOST_TEST(core->signal == SIGSEGV);
  BOOST_TEST(core->code == SI_TKILL);
}

BOOST_AUTO_TEST_CASE(a_handler_that_exits_hides_the_signal) {
  ChildRun child;
  child.arm(FaultAction::kNullDereference);
  child.start(kChildPlanted, {"thread", "2000", "handler_exits_on_crash"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.exit_code() == 1);
  BOOST_TEST(!child.core().has_value());
}

}  // namespace crashwright::postmortem
