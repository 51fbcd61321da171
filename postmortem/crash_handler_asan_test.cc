// Goal: with AddressSanitizer there are ASan's report, our record and a core, for deaths that the hardware finds and
// for errors that only ASan finds. Method: real children of the asan build.
#include <signal.h>

#include <boost/test/unit_test.hpp>

#include "postmortem/crash_test_support.h"

namespace crashwright::postmortem {
namespace {

void check_report(const ChildRun& child, const char* words) {
  const std::string report = child.text_of_prefix("asan.");
  BOOST_TEST(report.find(words) != std::string::npos, "ASan's report lacks \"" << words << "\": " << report);
  BOOST_TEST(report.find("SUMMARY: AddressSanitizer") != std::string::npos);
}

// The hardware faulted: record and core tell the original signal, ASan reported in between.
void check_hardware_fault(FaultAction action, const char* mode, int signal, const char* words) {
  ChildRun child;
  child.arm(action);
  child.start(kChildAsan, {mode});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.signal() == signal);
  check_report(child, words);
  const CrashRecord record = child.record();
  BOOST_TEST(record.complete);
  BOOST_TEST(record.signal == signal);
  BOOST_TEST(record.code > 0);
  BOOST_TEST(record.nested_faults.empty());
  if (!cores_land_in_the_working_directory()) return;
  const auto core = child.core();
  BOOST_REQUIRE(core.has_value());
  BOOST_TEST(core->signal == signal);
  BOOST_TEST(core->code == record.code);
  BOOST_TEST(core->fault_address == *record.fault_address);
  BOOST_TEST(core->pc == record.registers.rip);
}

// ASan found it and aborted: the record is about that abort and repeats ASan's verdict.
void check_found_by_asan(FaultAction action, const char* words) {
  ChildRun child;
  child.arm(action);
  child.start(kChildAsan, {"thread"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.signal() == SIGABRT);
  check_report(child, words);
  const CrashRecord record = child.record();
  BOOST_TEST(record.complete);
  BOOST_TEST(record.signal == SIGABRT);
  BOOST_TEST(record.thread_name == "trading");
  BOOST_TEST(record.sanitizer == words);
  if (cores_land_in_the_working_directory()) BOOST_TEST(child.core().has_value());
}

}  // namespace

BOOST_AUTO_TEST_CASE(asan_null_dereference_has_report_record_and_core) {
  check_hardware_fault(FaultAction::kNullDereference, "thread", SIGSEGV, "SEGV on unknown address");
}

BOOST_AUTO_TEST_CASE(asan_stack_exhaustion_has_report_record_and_core) {
  check_hardware_fault(FaultAction::kStackExhaustion, "thread", SIGSEGV, "stack-overflow");
}

BOOST_AUTO_TEST_CASE(asan_stack_exhaustion_on_the_main_thread_has_report_record_and_core) {
  check_hardware_fault(FaultAction::kStackExhaustion, "main", SIGSEGV, "stack-overflow");
}

BOOST_AUTO_TEST_CASE(asan_division_by_zero_has_report_record_and_core) {
  check_hardware_fault(FaultAction::kDivisionByZero, "thread", SIGFPE, "FPE on unknown address");
}

BOOST_AUTO_TEST_CASE(asan_use_after_free_has_report_record_and_core) {
  check_found_by_asan(FaultAction::kUseAfterFree, "heap-use-after-free");
}

BOOST_AUTO_TEST_CASE(asan_double_free_has_report_record_and_core) {
  check_found_by_asan(FaultAction::kDoubleFree, "double-free");
}

BOOST_AUTO_TEST_CASE(asan_heap_overflow_has_report_record_and_core) {
  check_found_by_asan(FaultAction::kHeapOverflow, "heap-buffer-overflow");
}

BOOST_AUTO_TEST_CASE(asan_bad_alloc_ends_in_the_report_of_its_allocator) {
  check_found_by_asan(FaultAction::kBadAlloc, "allocation-size-too-big");
}

BOOST_AUTO_TEST_CASE(ubsan_signed_overflow_is_fatal_and_recorded) {
  ChildRun child;
  child.arm(FaultAction::kSignedOverflow);
  child.start(kChildAsan, {"thread"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.signal() == SIGABRT);
  const std::string report = child.text("stderr") + child.text_of_prefix("asan.");
  BOOST_TEST(report.find("runtime error: signed integer overflow") != std::string::npos);
  BOOST_TEST(child.record().complete);
}

BOOST_AUTO_TEST_CASE(asan_a_fault_inside_the_handler_keeps_report_record_and_core) {
  for (uint32_t stage = 1; stage <= 7; ++stage) {
    BOOST_TEST_CONTEXT("stage " << stage) {
      ChildRun child;
      child.arm(FaultAction::kCrashInHandler).args[0] = stage;
      child.start(kChildAsan, {"thread"});
      BOOST_REQUIRE(child.wait());
      BOOST_TEST(child.signal() == SIGSEGV);
      check_report(child, "SEGV on unknown address");
      const CrashRecord record = child.record();
      BOOST_TEST(record.complete);
      BOOST_TEST(record.nested_faults.size() == 1U);
    }
  }
}

}  // namespace crashwright::postmortem
