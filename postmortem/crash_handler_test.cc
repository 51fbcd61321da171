// Goal: for each kind of death the crash record is complete and right, and the kernel's core carries the original
// signal information as if there were no handler. Method: real children die, one per case, in a folder of their own.
#include "postmortem/crash_handler.h"

#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "postmortem/crash_test_support.h"

namespace crashwright::postmortem {
namespace {

struct Expected {
  int signal;
  int code;
};

// Dies of `action` on `mode`, and holds what all deaths have in common.
void check_death(ChildRun& child, const Expected& expected, const char* thread_name) {
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.signal() == expected.signal);
  const CrashRecord record = child.record();
  BOOST_TEST(record.complete);
  BOOST_TEST(record.notes.empty());
  BOOST_TEST(record.signal == expected.signal);
  BOOST_TEST(record.code == expected.code);
  if (*thread_name != '\0') BOOST_TEST(record.thread_name == thread_name);
  BOOST_TEST(record.stages_completed.size() == 7U);
  BOOST_TEST(record.nested_faults.empty());
  BOOST_TEST(record.modules.size() >= 3U);
  BOOST_TEST(record.modules.at(0).build_id.size() == 40U);
  BOOST_TEST(record.backtrace.size() >= 2U);
  const HandlerWitness& witness = child.block().handler;
  BOOST_TEST(witness.entered_ns.load() > 0U);
  BOOST_TEST(witness.finished_ns.load() >= witness.entered_ns.load());
  BOOST_TEST(witness.entries.load() == 1U);
  BOOST_TEST(witness.signal_number.load() == static_cast<uint32_t>(expected.signal));
  if (!cores_land_in_the_working_directory()) return;
  const auto core = child.core();
  BOOST_REQUIRE(core.has_value());
  BOOST_TEST(core->signal == expected.signal);
  BOOST_TEST(core->code == expected.code);
  BOOST_TEST(core->tid == static_cast<int>(record.tid));
  BOOST_TEST(core->pc == record.registers.rip);
  if (record.fault_address) BOOST_TEST(core->fault_address == *record.fault_address);
}

CrashRecord die(FaultAction action, const char* mode, const Expected& expected) {
  ChildRun child;
  child.arm(action);
  child.start(kChild, {mode});
  check_death(child, expected, mode == std::string("thread") ? "trading" : "");
  return child.record();
}

// True when an address of the backtrace lies in the executable.
bool reaches_the_executable(const CrashRecord& record) {
  for (const uint64_t pc : record.backtrace) {
    if (pc >= record.modules.at(0).begin && pc < record.modules.at(0).end) return true;
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(null_dereference_is_recorded_with_its_address_and_fault_point) {
  const CrashRecord record = die(FaultAction::kNullDereference, "thread", {SIGSEGV, SEGV_MAPERR});
  BOOST_TEST(record.fault_address.value_or(0) == 16U);
  BOOST_TEST(record.last_fault_point == "child.point");
  BOOST_TEST(reaches_the_executable(record));
}

BOOST_AUTO_TEST_CASE(a_call_through_a_null_pointer_still_shows_its_caller) {
  ChildRun child;
  child.start(kChild, {"null_call"});
  check_death(child, {SIGSEGV, SEGV_MAPERR}, "");
  const CrashRecord record = child.record();
  BOOST_TEST(record.backtrace.at(0) == 0U);
  BOOST_TEST(reaches_the_executable(record));
}

BOOST_AUTO_TEST_CASE(stack_exhaustion_on_the_main_thread_is_recorded) {
  const CrashRecord record = die(FaultAction::kStackExhaustion, "main", {SIGSEGV, SEGV_MAPERR});
  BOOST_TEST(record.backtrace_truncated);
  BOOST_TEST(record.backtrace.size() == 128U);
  const uint64_t below = record.registers.rsp - (uint64_t{1} << 20);
  BOOST_TEST(*record.fault_address >= below);
  BOOST_TEST(*record.fault_address <= record.registers.rsp + 4096);
}

BOOST_AUTO_TEST_CASE(stack_exhaustion_on_another_thread_is_recorded) {
  const CrashRecord record = die(FaultAction::kStackExhaustion, "thread", {SIGSEGV, SEGV_ACCERR});
  BOOST_TEST(record.backtrace_truncated);
}

BOOST_AUTO_TEST_CASE(abort_is_recorded_with_its_sender) {
  const CrashRecord record = die(FaultAction::kAbort, "thread", {SIGABRT, SI_TKILL});
  BOOST_TEST(record.sender_pid == record.pid);
  BOOST_TEST(!record.fault_address.has_value());
}

BOOST_AUTO_TEST_CASE(a_failed_assertion_is_recorded_with_its_text) {
  const CrashRecord record = die(FaultAction::kAssert, "thread", {SIGABRT, SI_TKILL});
  BOOST_TEST(record.abort_message.find("Assertion `position <= position_limit' failed.") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_double_free_is_recorded_with_the_message_of_the_allocator) {
  const CrashRecord record = die(FaultAction::kDoubleFree, "thread", {SIGABRT, SI_TKILL});
  BOOST_TEST(record.abort_message.find("double free") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_smashed_heap_is_recorded_although_its_lock_is_held) {
  const CrashRecord record = die(FaultAction::kHeapOverflow, "thread", {SIGABRT, SI_TKILL});
  BOOST_TEST(record.abort_message == "malloc(): corrupted top size");
}

BOOST_AUTO_TEST_CASE(use_after_free_crashes_where_the_freed_object_pointed) {
  const CrashRecord record = die(FaultAction::kUseAfterFree, "thread", {SIGSEGV, SEGV_MAPERR});
  // The allocator's link of a lone free block is its address >> 12: far below every mapping, far above null.
  BOOST_TEST(*record.fault_address > uint64_t{1} << 20);
  BOOST_TEST(*record.fault_address < uint64_t{1} << 36);
}

BOOST_AUTO_TEST_CASE(an_uncaught_exception_is_recorded_with_type_and_text) {
  const CrashRecord record = die(FaultAction::kUncaughtException, "thread", {SIGABRT, SI_TKILL});
  BOOST_TEST(record.exception_type == "std::runtime_error");
  BOOST_TEST(record.exception_what == "order book is inconsistent");
}

BOOST_AUTO_TEST_CASE(exhausted_address_space_ends_in_a_recorded_bad_alloc) {
  ChildRun child;
  child.arm(FaultAction::kBadAlloc).args[0] = 8 << 20;
  child.start(kChild, {"thread"});
  check_death(child, {SIGABRT, SI_TKILL}, "trading");
  BOOST_TEST(child.record().exception_type == "std::bad_alloc");
}

BOOST_AUTO_TEST_CASE(division_by_zero_is_recorded) {
  const CrashRecord record = die(FaultAction::kDivisionByZero, "thread", {SIGFPE, FPE_INTDIV});
  BOOST_TEST(*record.fault_address == record.registers.rip);
}

BOOST_AUTO_TEST_CASE(a_signal_from_another_process_keeps_its_sender_in_record_and_core) {
  ChildRun child;
  child.start(kChild, {"wait"});
  BOOST_REQUIRE(child.wait_until([](const ControlBlock& block) { return block.engine.resumed_ns.load() == 1; }));
  ::kill(child.pid(), SIGBUS);
  check_death(child, {SIGBUS, SI_USER}, "");
  BOOST_TEST(child.record().sender_pid == static_cast<uint32_t>(::getpid()));
  if (const auto core = child.core()) BOOST_TEST(core->sender_pid == ::getpid());
}

BOOST_AUTO_TEST_CASE(without_a_crash_the_record_says_so) {
  ChildRun child;
  child.start(kChild, {"main"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.exit_code() == 0);
  const CrashRecord record = child.record();
  BOOST_TEST(!record.crashed);
  BOOST_TEST(!record.complete);
  BOOST_TEST(record.pid != 0U);
}

BOOST_AUTO_TEST_CASE(a_record_that_cannot_be_created_is_refused_at_install) {
  const auto installed = install_crash_handler({.record_path = "/nonexistent/folder/record"});
  BOOST_REQUIRE(!installed.has_value());
  BOOST_TEST(installed.error().message ==
             "create the crash record /nonexistent/folder/record: No such file or directory");
}

}  // namespace crashwright::postmortem
