// Goal: every kind of death is named with cause, function and thread, from the core and the reports alone.
// Method: small programs that really die, in a plain and in an asan build; both must get one signature.
#include <boost/test/unit_test.hpp>
#include <csignal>

#include "rca/autopsy.h"
#include "rca/testing/victim_run.h"

namespace crashwright::rca {
namespace {

using testing::Build;
using testing::VictimRun;

AutopsyReport autopsy_of(const VictimRun& run) {
  const auto report = autopsy_folder(run.folder(), {});
  BOOST_REQUIRE_MESSAGE(report, (report ? "" : report.error().message));
  BOOST_TEST_MESSAGE(autopsy_to_text(*report));
  return *report;
}

AutopsyReport expect(Build build, const std::string& death, const std::string& cause, const std::string& function) {
  const VictimRun run(build, death);
  AutopsyReport report = autopsy_of(run);
  BOOST_TEST(report.cause == cause);
  BOOST_TEST(report.function == function);
  BOOST_TEST(report.confidence >= 0.5);
  BOOST_TEST(report.confidence <= 1);
  BOOST_TEST(report.pid == run.pid());
  BOOST_TEST(report.build_id.size() == 40U);
  BOOST_TEST(report.signature.starts_with("cw3:" + report.family + ":"));
  return report;
}

void expect_in_both_builds(const std::string& death, const std::string& cause, const std::string& function) {
  const AutopsyReport plain = expect(Build::kPlain, death, cause, function);
  const AutopsyReport asan = expect(Build::kAsan, death, cause, function);
  BOOST_TEST(plain.signature == asan.signature);
}

BOOST_AUTO_TEST_CASE(a_null_dereference_is_named) { expect_in_both_builds("null", "NULL_DEREF", "Gateway::send"); }

BOOST_AUTO_TEST_CASE(a_call_through_a_null_pointer_blames_the_caller) {
  expect_in_both_builds("null_call", "NULL_DEREF", "Gateway::call");
}

BOOST_AUTO_TEST_CASE(the_thread_that_died_is_the_one_that_is_blamed) {
  for (const Build build : {Build::kPlain, Build::kAsan}) {
    const AutopsyReport report = expect(build, "null_in_thread", "NULL_DEREF", "Gateway::send");
    BOOST_TEST(report.tid != report.pid);
    BOOST_TEST(report.threads.size() == 2U);
    BOOST_TEST(report.threads.front().faulting);
    BOOST_TEST(report.threads.front().tid == report.tid);
  }
}

BOOST_AUTO_TEST_CASE(a_wild_read_is_named) { expect_in_both_builds("wild_read", "WILD_ACCESS", "Gateway::wild_read"); }

BOOST_AUTO_TEST_CASE(an_address_that_no_pointer_can_have_is_no_null_dereference) {
  const AutopsyReport report = expect(Build::kPlain, "non_canonical", "WILD_ACCESS", "Gateway::non_canonical");
  BOOST_TEST(report.fault_address.value() == 0U);  // that is what the kernel says
}

BOOST_AUTO_TEST_CASE(a_write_to_a_constant_is_a_wild_access) {
  expect_in_both_builds("write_to_constant", "WILD_ACCESS", "Gateway::write_to_constant");
}

BOOST_AUTO_TEST_CASE(a_use_after_free_is_named_by_the_sanitizer) {
  expect(Build::kAsan, "use_after_free", "USE_AFTER_FREE", "Book::use_after_free");
}

BOOST_AUTO_TEST_CASE(a_double_free_is_named) {
  expect_in_both_builds("double_free", "DOUBLE_FREE", "Book::double_free");
}

BOOST_AUTO_TEST_CASE(an_invalid_free_is_named) {
  expect_in_both_builds("invalid_free", "INVALID_FREE", "Book::invalid_free");
}

BOOST_AUTO_TEST_CASE(a_heap_overflow_is_named_although_glibc_says_double_free) {
  expect_in_both_builds("heap_overflow", "HEAP_OVERFLOW", "Book::heap_overflow");
}

BOOST_AUTO_TEST_CASE(a_heap_overflow_that_free_dies_of_is_the_one_that_the_sanitizer_sees) {
  expect_in_both_builds("heap_overflow_met_by_free", "HEAP_OVERFLOW", "Book::heap_overflow_met_by_free");
}

BOOST_AUTO_TEST_CASE(a_smashed_stack_is_named) {
  expect(Build::kPlain, "stack_overflow", "STACK_BUFFER_OVERFLOW", "Book::stack_overflow");
  expect(Build::kAsan, "stack_overflow", "STACK_BUFFER_OVERFLOW", "Book::stack_overflow");
}

BOOST_AUTO_TEST_CASE(an_exhausted_stack_is_named_and_both_its_ends_are_kept) {
  expect_in_both_builds("exhaustion", "STACK_OVERFLOW_EXHAUSTION", "Book::recurse");
  const AutopsyReport report = expect(Build::kPlain, "exhaustion", "STACK_OVERFLOW_EXHAUSTION", "Book::recurse");
  const std::vector<Frame>& frames = report.threads.front().frames;
  BOOST_TEST(frames.size() < 200U);
  bool main_seen = false;
  for (const Frame& frame : frames) main_seen = main_seen || frame.function == "main";
  BOOST_TEST(main_seen);
}

BOOST_AUTO_TEST_CASE(an_exhausted_stack_of_a_thread_is_named) {
  expect_in_both_builds("exhaustion_in_thread", "STACK_OVERFLOW_EXHAUSTION", "Book::recurse");
}

BOOST_AUTO_TEST_CASE(an_abort_is_named) { expect_in_both_builds("abort", "ABORT", "Risk::check_abort"); }

BOOST_AUTO_TEST_CASE(a_failed_assertion_is_named_with_its_expression) {
  expect_in_both_builds("assert", "ASSERTION", "Risk::check_assert");
  const AutopsyReport report = expect(Build::kPlain, "assert", "ASSERTION", "Risk::check_assert");
  BOOST_TEST(report.detail.find("quantity < 1000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_uncaught_exception_is_named_with_type_and_message) {
  expect_in_both_builds("exception", "EXCEPTION", "Risk::throw_uncaught");
  const AutopsyReport report = expect(Build::kPlain, "exception_in_thread", "EXCEPTION", "Risk::throw_uncaught");
  BOOST_TEST(report.detail.find("std::runtime_error") != std::string::npos);
  BOOST_TEST(report.detail.find("limit of position exceeded") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refused_allocation_is_out_of_memory) {
  expect(Build::kPlain, "bad_alloc", "OOM", "Risk::allocate_without_end");
}

BOOST_AUTO_TEST_CASE(a_division_by_zero_is_named) { expect_in_both_builds("division", "FPE", "Risk::divide"); }

BOOST_AUTO_TEST_CASE(undefined_behaviour_is_named_by_the_sanitizer) {
  expect(Build::kAsan, "signed_overflow", "UNDEFINED_BEHAVIOUR", "Risk::add");
}

BOOST_AUTO_TEST_CASE(an_illegal_instruction_is_named) {
  expect_in_both_builds("illegal", "ILLEGAL_INSTRUCTION", "Risk::illegal_instruction");
}

BOOST_AUTO_TEST_CASE(an_access_beyond_a_truncated_mapping_is_named) {
  expect_in_both_builds("bus", "BUS", "Risk::truncated_mapping");
}

BOOST_AUTO_TEST_CASE(a_signal_that_the_process_sent_itself_is_no_access_at_all) {
  const AutopsyReport report = autopsy_of(VictimRun(Build::kPlain, "sent_signal"));
  BOOST_TEST(report.cause == "UNKNOWN");  // neither abort() nor an access
  BOOST_TEST(report.function == "Risk::send_signal");
  BOOST_TEST(!report.fault_address.has_value());
  BOOST_TEST(report.signal_number == SIGSEGV);
}

BOOST_AUTO_TEST_CASE(a_fault_that_a_handler_raises_again_is_still_that_fault) {
  const struct {
    const char* death;
    const char* cause;
    const char* function;
  } kFaults[] = {
      {"null", "NULL_DEREF", "Gateway::send"},
      {"null_call", "NULL_DEREF", "Gateway::call"},
      {"null_in_thread", "NULL_DEREF", "Gateway::send"},
      {"wild_read", "WILD_ACCESS", "Gateway::wild_read"},
      {"non_canonical", "WILD_ACCESS", "Gateway::non_canonical"},
      {"write_to_constant", "WILD_ACCESS", "Gateway::write_to_constant"},
      {"exhaustion", "STACK_OVERFLOW_EXHAUSTION", "Book::recurse"},
      {"division", "FPE", "Risk::divide"},
      {"illegal", "ILLEGAL_INSTRUCTION", "Risk::illegal_instruction"},
      {"bus", "BUS", "Risk::truncated_mapping"},
  };
  // On the return of the handler, within it, by kill() to whatever thread takes it, and as an abort.
  for (const auto& fault : kFaults) {
    const AutopsyReport without = expect(Build::kPlain, fault.death, fault.cause, fault.function);
    for (const std::string handler : {"raise:", "raise_inside:", "kill:", "abort:"}) {
      BOOST_TEST_CONTEXT(handler << fault.death) {
        const AutopsyReport report = expect(Build::kPlain, handler + fault.death, fault.cause, fault.function);
        BOOST_TEST(report.signal_code > 0);
        BOOST_TEST(report.signature == without.signature);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_thread_did_when_another_signal_came_is_no_fault) {
  for (int round = 0; round < 5; ++round) {
    BOOST_TEST(autopsy_of(VictimRun(Build::kPlain, "alarm_in_division")).cause == "ABORT");
  }
}

BOOST_AUTO_TEST_CASE(a_null_dereference_raised_again_shows_its_address_instruction_and_registers) {
  for (const std::string handler : {"raise:", "raise_inside:"}) {
    const AutopsyReport report = expect(Build::kPlain, handler + "null", "NULL_DEREF", "Gateway::send");
    BOOST_TEST(report.fault_address.value() == 40U);
    BOOST_TEST(report.instruction.find("0x28]") != std::string::npos, report.instruction);
    BOOST_TEST(report.confidence > 0.7);
  }
}

BOOST_AUTO_TEST_CASE(a_deadlock_is_named_with_its_circle) {
  expect_in_both_builds("deadlock", "DEADLOCK", "Locks::first_then_second");
  const AutopsyReport report = expect(Build::kPlain, "deadlock", "DEADLOCK", "Locks::first_then_second");
  BOOST_REQUIRE(report.wait_for_cycle.size() == 2U);
  const std::string both = report.wait_for_cycle[0] + report.wait_for_cycle[1];
  BOOST_TEST(both.find("Locks::first_then_second waits for mutex") != std::string::npos);
  BOOST_TEST(both.find("Locks::second_then_first waits for mutex") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_program_that_ended_in_order_left_nothing_to_find) {
  const VictimRun run(Build::kPlain, "none");
  const AutopsyReport report = autopsy_of(run);
  BOOST_TEST(report.cause == "NONE");
  BOOST_TEST(report.signature.empty());
}

}  // namespace
}  // namespace crashwright::rca
