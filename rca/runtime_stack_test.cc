// Goal: texts of other runtimes have their functions read, so that different bugs get different signatures and one bug
// one, and what nothing tells apart stands alone.
#include "rca/runtime_stack.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "rca/autopsy.h"
#include "rca/runtime_frames.h"
#include "rca/triage.h"

namespace crashwright::rca {
namespace {

struct Text {
  const char* function;
  const char* text;
};

// Two bugs each, which differ in nothing but the functions.
const Text kTexts[] = {
    {"main.Gateway.Send",
     "panic: runtime error: invalid memory address or nil pointer dereference\n"
     "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4a3f21]\n\n"
     "goroutine 34 [running]:\nmain.(*Gateway).Send(0x0, 0xc0000b2000)\n\t/src/gateway.go:88 +0x41\n"
     "created by main.main in goroutine 1\n\t/src/main.go:41 +0x1c5\nexit status 2\n"},
    {"main.Risk.Check",
     "panic: runtime error: invalid memory address or nil pointer dereference\n"
     "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4b1f21]\n\n"
     "goroutine 1 [running]:\nruntime.gopanic({0x53e2a0, 0x6617c0})\n\t/usr/local/go/src/runtime/panic.go:770 +0x132\n"
     "main.(*Risk).Check(0x0)\n\t/src/risk.go:12 +0x22\n"},
    {"main.main",
     "Traceback (most recent call last):\n  File \"/opt/feed/main.py\", line 51, in <module>\n    main()\n"
     "  File \"/opt/feed/main.py\", line 44, in main\n    book = books[symbol]\n           ~~~~~^^^^^^^^\n"
     "KeyError: 'AAPL'\n"},
    {"limits.load",
     "Traceback (most recent call last):\n  File \"/opt/risk/limits.py\", line 12, in load\n    return json.load(f)\n"
     "  File \"/usr/lib/python3.11/json/decoder.py\", line 355, in raw_decode\n"
     "    raise JSONDecodeError(\"Expecting value\", s, err.value) from None\n"
     "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n"},
    {"com.desk.Gateway.init",
     "Exception in thread \"main\" java.lang.IllegalStateException: start\n\tat com.desk.Main.main(Main.java:12)\n"
     "Caused by: java.lang.NullPointerException: no session\n\tat "
     "java.base/java.util.Objects.requireNonNull(Objects.java:2)\n"
     "\tat com.desk.Gateway.<init>(Gateway.java:41)\n\t... 1 more\n"},
    {"com.desk.Main.main",
     "Exception in thread \"main\" java.lang.NullPointerException: no session\n\tat "
     "com.desk.Main.main(Main.java:12)\n"},
    {"Desk.Gateway.Send",
     "Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.\n"
     "   at Desk.Gateway.Send(Order o) in /src/Gateway.cs:line 41\n"
     "   at Desk.Program.Main(String[] args) in /src/Program.cs:line 12\nAborted (core dumped)\n"},
    {"Desk.Feed.Read",
     "Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.\n"
     "   at System.IO.Stream.Read(Byte[], Int32)\n   at Desk.Feed.Read(Byte*, Int32)\n   at "
     "Desk.Program.Main(String[])\n"},
    {"engine::book::Book::best",
     "thread 'trading' panicked at src/book.rs:88:31:\ncalled `Option::unwrap()` on a `None` value\nstack backtrace:\n"
     "   0: rust_begin_unwind\n             at /rustc/07dc/library/std/src/panicking.rs:645:5\n"
     "   1: core::panicking::panic_fmt\n   2: core::option::unwrap_failed\n"
     "   3: engine::book::Book::best::h0123456789abcdef\n             at ./src/book.rs:88:31\n"},
    {"engine::Gate::drop",
     "thread 'trading' panicked at src/gate.rs:8:3:\ncalled `Option::unwrap()` on a `None` value\nstack backtrace:\n"
     "   0: core::panicking::panic\n   1: <engine::Gate as core::ops::drop::Drop>::drop\n"},
    {"md::Book::apply",
     "Crash reason:  SIGSEGV /SEGV_MAPERR\nCrash address: 0x18\n\nThread 3 (crashed)\n"
     " 0  libc.so.6!__memmove_avx_unaligned + 0x4\n    rax = 0x0000000000000000   rdx = 0x00007f31bc0012a0\n"
     "    Found by: given as instruction pointer in context\n"
     " 1  engine!md::Book::apply(md::Order const&) [book.cc : 117 + 0x4]\n    Found by: call frame info\n"
     " 2  libpthread-2.31.so + 0x8609\n\nThread 0\n 0  libc-2.31.so!__poll [poll.c : 29 + 0x5]\n"},
    {"risk::Limits::check",
     "Crash reason:  SIGSEGV /SEGV_MAPERR\nCrash address: 0x18\n\nThread 3 (crashed)\n"
     " 0  engine!risk::Limits::check(int) [limits.cc : 31 + 0x4]\n"},
    {"decode_add",
     "# A fatal error has been detected by the Java Runtime Environment:\n#\n"
     "#  SIGSEGV (0xb) at pc=0x00007f3a5c1d2e40, pid=8123, tid=8140\n#\n# Problematic frame:\n"
     "# C  [libfeed.so+0x1e40]  decode_add+0x10\n#\n"},
    {"desk::Book::best",
     "*** Signal 11 (SIGSEGV) (0x18) received by PID 4411 (pthread TID 0x7f31) (linux TID 4414) (code: address not "
     "mapped to object), stack trace: ***\n    @ 000000000055d0a1 desk::Book::best()\n"},
};

AutopsyReport report_of(const std::string& text) { return autopsy_text(text); }

}  // namespace

BOOST_AUTO_TEST_CASE(functions_of_other_runtimes_are_read_and_no_two_bugs_are_one) {
  std::set<std::string> signatures;
  for (const Text& text : kTexts) {
    const AutopsyReport report = report_of(text.text);
    BOOST_TEST(report.function == text.function);
    BOOST_TEST(!report.signature.empty(), text.function);
    signatures.insert(report.signature);
  }
  BOOST_TEST(signatures.size() == std::size(kTexts));
}

BOOST_AUTO_TEST_CASE(one_bug_is_one_whatever_lines_arguments_and_addresses_it_has) {
  const AutopsyReport first = report_of(kTexts[0].text);
  const AutopsyReport later = report_of(
      "panic: runtime error: invalid memory address or nil pointer dereference\n"
      "[signal SIGSEGV: segmentation violation code=0x1 addr=0x10 pc=0x4a4021]\n\n"
      "goroutine 7 [running]:\nmain.(*Gateway).Send(...)\n\t/build/gateway.go:91\n");
  BOOST_TEST(first.signature == later.signature);
  BOOST_TEST(first.threads.front().frames.front().line == 88);
}

BOOST_AUTO_TEST_CASE(two_exceptions_of_one_function_are_two_bugs) {
  const auto raised = [](const std::string& last) {
    return report_of("Traceback (most recent call last):\n  File \"/opt/feed/main.py\", line 44, in main\n    x()\n" +
                     last)
        .signature;
  };
  BOOST_TEST(raised("KeyError: 'AAPL'\n") == raised("KeyError: 'MSFT'\n"));
  BOOST_TEST(raised("KeyError: 'AAPL'\n") != raised("ValueError: 'AAPL'\n"));
  const auto thrown = [](const std::string& type) {
    return report_of("Exception in thread \"main\" " + type + ": x\n\tat com.desk.Main.main(Main.java:12)\n").signature;
  };
  BOOST_TEST(thrown("java.lang.IllegalStateException") != thrown("java.lang.NullPointerException"));
}

BOOST_AUTO_TEST_CASE(a_line_of_the_kernel_is_told_by_module_and_offset) {
  const AutopsyReport engine = report_of(
      "kernel: engine[501]: segfault at 10 ip 000055b20c1f21a0 sp 00007f6c19dfed40 error 4 in "
      "engine[55b20c1e0000+41000]\n");
  const AutopsyReport again = report_of(
      "kernel: engine[611]: segfault at 18 ip 000055c30d2121a0 sp 00007f6c19dfed40 error 4 in "
      "engine[55c30d200000+41000]\n");
  const AutopsyReport other = report_of(
      "kernel: gateway[777]: segfault at 8 ip 00007f1100002222 sp 00007f6c19dfed40 error 4 in "
      "libcodec.so[7f1100000000+8000]\n");
  BOOST_TEST(!engine.signature.empty());
  BOOST_TEST(engine.signature == again.signature);
  BOOST_TEST(engine.signature != other.signature);
  // Inside the C library nothing tells who called it.
  BOOST_TEST(report_of("kernel: engine[501]: segfault at 10 ip 00007f11000021a0 sp 00007f6c19dfed40 error 4 in "
                       "libc.so.6[7f1100000000+41000]\n")
                 .signature.empty());
}

BOOST_AUTO_TEST_CASE(without_a_frame_the_words_of_an_exception_tell_or_the_crash_stands_alone) {
  const auto death_by = [](const std::string& type, const std::string& what) {
    return report_of("terminate called after throwing an instance of '" + type + "'\n  what():  " + what +
                     "\nAborted (core dumped)\n")
        .signature;
  };
  const std::string limit = death_by("std::runtime_error", "position 17 exceeds the limit");
  BOOST_TEST(!limit.empty());
  BOOST_TEST(limit == death_by("std::runtime_error", "position 4 exceeds the limit"));
  BOOST_TEST(limit != death_by("std::runtime_error", "session 4 is not open"));
  BOOST_TEST(limit != death_by("std::logic_error", "position 17 exceeds the limit"));
  BOOST_TEST(!death_by("desk::OrderRejected", "").empty());
  for (const char* const what : {"vector::_M_range_check: __n (which is 7) >= this->size() (which is 3)", "stoi", ""}) {
    BOOST_TEST(death_by("std::out_of_range", what).empty(), what);
  }
  std::vector<Crash> crashes(2);
  for (size_t i = 0; i < crashes.size(); ++i) {
    crashes[i] = {"text" + std::to_string(i), report_of("free(): invalid pointer\nAborted (core dumped)\n")};
    BOOST_TEST(crashes[i].report.signature.empty());
  }
  BOOST_TEST(triage(crashes, {}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(lines_of_other_kinds_are_no_frames) {
  for (const char* const line : {"",
                                 " ",
                                 "\t",
                                 "(",
                                 ")",
                                 ":in `",
                                 ":in '",
                                 "goroutine 1 [running]:",
                                 " 0",
                                 " 0  ",
                                 "0   engine",
                                 "  at",
                                 "  at (",
                                 "   at one (of) them",
                                 "File \"",
                                 "# C  [",
                                 "# C  [a",
                                 "00000044`d0cff5e0 : ",
                                 "1: ",
                                 " 1# ",
                                 "a: segfault at 1 ip 2 in [",
                                 "<"}) {
    for (const FrameReader read : {go_frame, python_frame, at_frame, ruby_frame, stacktrace_frame, breakpad_frame,
                                   macos_frame, windbg_frame, jvm_frame, kernel_frame, rust_frame}) {
      BOOST_TEST(!read(line).has_value(), line);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_ended_the_program_is_the_last_traceback_and_its_place_is_kept) {
  const AutopsyReport report = report_of(
      "Traceback (most recent call last):\n  File \"/srv/feed.py\", line 3, in read\n    x()\nValueError: 1\n\n"
      "During handling of the above exception, another exception occurred:\n\n"
      "Traceback (most recent call last):\n  File \"/srv/feed.py\", line 7, in close\n    y()\nKeyError: 2\n");
  BOOST_TEST(report.function == "feed.close");
  BOOST_TEST(report.threads.front().frames.front().file == "/srv/feed.py");
  BOOST_TEST(report.threads.front().frames.front().line == 7);
}

}  // namespace crashwright::rca
