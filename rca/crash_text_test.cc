// Goal: a text is classified by what a runtime itself said, and no text, cut anywhere, breaks the reader.
// Method: texts that our own programs produce when they die, and such texts quoted by others.
#include "rca/crash_text.h"

#include <boost/test/unit_test.hpp>

#include "base/random.h"
#include "rca/autopsy.h"
#include "rca/testing/victim_run.h"
#include "rca/text_pattern.h"
#include "rca/text_stack.h"

namespace crashwright::rca {
namespace {

using testing::Build;
using testing::VictimRun;

BOOST_AUTO_TEST_CASE(reports_of_our_own_programs_are_classified) {
  const struct {
    const char* death;
    const char* cause;
    const char* function;
  } kCases[] = {{"use_after_free", "USE_AFTER_FREE", "Book::use_after_free"},
                {"double_free", "DOUBLE_FREE", "Book::double_free"},
                {"invalid_free", "INVALID_FREE", "Book::invalid_free"},
                {"heap_overflow", "HEAP_OVERFLOW", "Book::heap_overflow"},
                {"stack_overflow", "STACK_BUFFER_OVERFLOW", "Book::stack_overflow"},
                {"exhaustion", "STACK_OVERFLOW_EXHAUSTION", "Book::recurse"},
                {"wild_read", "WILD_ACCESS", "Gateway::wild_read"},
                {"null", "NULL_DEREF", "Gateway::send"},
                {"signed_overflow", "UNDEFINED_BEHAVIOUR", "Risk::add"},
                {"division", "FPE", "Risk::divide"},
                {"bus", "BUS", "Risk::truncated_mapping"}};
  for (const auto& expected : kCases) {
    const VictimRun run(Build::kAsan, expected.death);
    const AutopsyReport report = autopsy_text(run.report());
    BOOST_TEST_CONTEXT(expected.death) {
      BOOST_TEST(report.cause == expected.cause);
      BOOST_TEST(report.function == expected.function);
      BOOST_TEST(report.confidence >= 0.5);
    }
  }
}

BOOST_AUTO_TEST_CASE(messages_of_libraries_are_classified) {
  for (const auto& [death, cause] :
       {std::pair{"double_free", "DOUBLE_FREE"}, std::pair{"heap_overflow", "HEAP_OVERFLOW"},
        std::pair{"assert", "ASSERTION"}, std::pair{"exception", "EXCEPTION"}, std::pair{"bad_alloc", "OOM"},
        std::pair{"invalid_free", "INVALID_FREE"}}) {
    const VictimRun run(Build::kPlain, death);
    BOOST_TEST(autopsy_text(run.report()).cause == cause);
  }
}

BOOST_AUTO_TEST_CASE(a_report_cut_at_any_byte_is_read_without_harm) {
  for (const char* const death : {"use_after_free", "null"}) {
    const VictimRun run(Build::kAsan, death);
    const std::string whole = run.report().substr(0, 2500);
    BOOST_REQUIRE(whole.size() > 400U);
    for (size_t size = 0; size <= whole.size(); ++size) {
      const AutopsyReport report = autopsy_text(whole.substr(0, size));
      BOOST_REQUIRE(report.confidence >= 0);
      BOOST_REQUIRE(report.confidence <= 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_between_known_words_are_read_without_harm) {
  const uint64_t seed = 7;
  BOOST_TEST_MESSAGE("seed " << seed);
  Random random(seed);
  const std::string_view words[] = {"==1==ERROR: AddressSanitizer: SEGV on unknown address 0x",
                                    "#0 0x1 in ",
                                    "(",
                                    "<<",
                                    "==> 0x1: mov eax, [",
                                    "rax 0x",
                                    ": Assertion `",
                                    "' failed",
                                    "operator",
                                    "\n"};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (uint64_t parts = random.below(40); parts > 0; --parts) {
      if (random.below(2) == 0) text += words[random.below(std::size(words))];
      for (uint64_t bytes = random.below(12); bytes > 0; --bytes) text += static_cast<char>(random.below(256));
    }
    const AutopsyReport report = autopsy_text(text);
    BOOST_REQUIRE(report.confidence <= 1);
    BOOST_REQUIRE(autopsy_from_json(autopsy_to_json(report)));
  }
}

BOOST_AUTO_TEST_CASE(a_log_that_only_talks_about_crashes_has_no_cause) {
  const char* const kTalk[] = {
      "",
      "12:00:01 INFO trading started, compiled with AddressSanitizer\n",
      "12:00:01 INFO last run said: ==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x10\n",
      "12:00:01 WARN replaying \"terminate called after throwing an instance of 'std::bad_alloc'\"\n",
      "12:00:02 DEBUG the core of SIGSEGV and SIGABRT deaths goes to /var/crash\n",
      "documentation: a line such as `==1==ERROR: AddressSanitizer: attempting double-free on 0x1` means a double "
      "free\n",
      "no Assertion failed, no exception, 0 errors\n",
  };
  for (const char* const text : kTalk) BOOST_TEST(autopsy_text(text).cause == "NONE", text);
}

BOOST_AUTO_TEST_CASE(of_several_reports_the_first_of_the_process_is_the_cause) {
  const std::string text =
      "==7==ERROR: AddressSanitizer: attempting double-free on 0x1 in thread T0:\n    #0 0x1 in other o.cc:1\n\n"
      "==8==ERROR: AddressSanitizer: heap-use-after-free on address 0x2\n    #0 0x1 in mine m.cc:1\n\n"
      "==8==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000000 (pc 0x1)\n    #0 0x1 in mine m.cc:2\n";
  const CrashText of_eight = read_crash_text(text, 8, "text");
  BOOST_REQUIRE(!of_eight.evidence.empty());
  BOOST_TEST(of_eight.evidence.front().cause == "USE_AFTER_FREE");
  BOOST_TEST(of_eight.pid == 8);
  BOOST_REQUIRE(of_eight.stack.size() == 1U);
  BOOST_TEST(of_eight.stack.front().function == "mine");
  for (const Evidence& evidence : of_eight.evidence) BOOST_TEST(evidence.cause != "DOUBLE_FREE");
}

BOOST_AUTO_TEST_CASE(of_reports_of_two_processes_that_of_the_one_that_aborts_counts) {
  const std::string first =
      "==7==ERROR: AddressSanitizer: attempting double-free on 0x1 in thread T0:\n    #0 0x1 in f o.cc:1\n\n";
  const std::string second =
      "==8==ERROR: AddressSanitizer: heap-use-after-free on address 0x2\n    #0 0x1 in g m.cc:1\n\n";
  BOOST_TEST(autopsy_text(first + second).cause == "DOUBLE_FREE");
  BOOST_TEST(autopsy_text(first + second + "==8==ABORTING\n").cause == "USE_AFTER_FREE");
  const std::string summary = "SUMMARY: AddressSanitizer: double-free o.cc:1 in f\n";
  BOOST_TEST(autopsy_text(first + summary + second + "==8==ABORTING\n").cause == "USE_AFTER_FREE");
  BOOST_TEST(autopsy_text(first + "==7==ABORTING\n" + second + "==8==ABORTING\n").cause == "DOUBLE_FREE");
}

BOOST_AUTO_TEST_CASE(an_abort_that_nothing_explains_stays_an_abort_and_a_signal_without_reason_stays_unknown) {
  BOOST_TEST(autopsy_text("Program terminated with signal SIGABRT, Aborted.\n").cause == "ABORT");
  BOOST_TEST(autopsy_text("==9== ERROR: libFuzzer: deadly signal\n    #0 0x1 in f a.cc:1\n").cause == "UNKNOWN");
}

BOOST_AUTO_TEST_CASE(the_faulting_instruction_of_a_debugger_is_evaluated) {
  const std::string registers = "rax 0x18 24\nrsp 0x7ffe00001000 0x7ffe00001000\nrbx 0x123456789000 1\n";
  BOOST_TEST(autopsy_text("=> 0x401136: mov eax, dword ptr [rax + 0x8]\n" + registers).cause == "NULL_DEREF");
  BOOST_TEST(autopsy_text("=> 0x401136: mov dword ptr [rbx + rax*4 - 4], 1\n" + registers).cause == "WILD_ACCESS");
  BOOST_TEST(autopsy_text("=> 0x401136: idiv ecx\n" + registers).cause == "FPE");
  BOOST_TEST(autopsy_text("=> 0x401136: push rbp\n" + registers + "0x7ffe00001000 0x7ffe00022000 0x21000 0x0 [stack]\n")
                 .cause == "STACK_OVERFLOW_EXHAUSTION");
}

BOOST_AUTO_TEST_CASE(patterns_match_fragments_in_order) {
  BOOST_TEST(match_line("a bc de", "a*de").has_value());
  BOOST_TEST(!match_line("de a", "a*de").has_value());
  BOOST_TEST(match_line("  start", "^start").has_value());
  BOOST_TEST(!match_line("x start", "^start").has_value());
  BOOST_TEST(match_line("the end ", "end$").has_value());
  BOOST_TEST(!match_line("the end of it", "end$").has_value());
  BOOST_TEST(match_line("file.cc:12: e", ":~*: e").has_value());
  BOOST_TEST(!match_line("file.cc:x: e", ":~*: e").has_value());
  BOOST_TEST(!match_line("", "^F").has_value());
  BOOST_TEST(match_line("xx ab yy", "ab")->begin == 3U);
  BOOST_TEST(match_line("xx ab yy", "ab")->end == 5U);
}

BOOST_AUTO_TEST_CASE(frame_lines_of_sanitizers_debuggers_and_loggers_are_read) {
  const auto sanitizer = parse_frame_line("    #3 0x4f13bb in ns::f(int, char const*) /src/a b/../a.cc:7:3");
  BOOST_REQUIRE(sanitizer);
  BOOST_TEST(sanitizer->function == "ns::f(int, char const*) /src/a");  // blanks in paths cannot be told apart
  const auto plain = parse_frame_line("    #3 0x4f13bb in ns::f(int, char const*) const src/a.cc:7:3");
  BOOST_REQUIRE(plain);
  BOOST_TEST(plain->function == "ns::f(int, char const*) const");
  BOOST_TEST(plain->file == "src/a.cc");
  BOOST_TEST(plain->line == 7);
  BOOST_TEST(plain->pc == 0x4f13bbU);
  const auto module = parse_frame_line("#0 0x7f in memcpy (/lib/x86_64-linux-gnu/libc.so.6+0x14e7d0) (BuildId: 4abd)");
  BOOST_REQUIRE(module);
  BOOST_TEST(module->function == "memcpy");
  BOOST_TEST(module->module == "/lib/x86_64-linux-gnu/libc.so.6");
  const auto gdb = parse_frame_line("#1  0x0000000000401136 in Book::apply (this=0x0, x=1) at book.cc:12");
  BOOST_REQUIRE(gdb);
  BOOST_TEST(gdb->function == "Book::apply (this=0x0, x=1)");
  BOOST_TEST(gdb->line == 12);
  const auto glog = parse_frame_line("    @     0x560532ec28dc  Book::apply()");
  BOOST_REQUIRE(glog);
  BOOST_TEST(glog->function == "Book::apply()");
  BOOST_TEST(!parse_frame_line("# Fatal error").has_value());
  BOOST_TEST(!parse_frame_line("#12").has_value());
}

}  // namespace
}  // namespace crashwright::rca
