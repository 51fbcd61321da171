// Goal: the wordings of many runtimes are understood, and quoting them is not.
// Method: for each kind of speaker one short text in its form, of made-up programs.
#include <boost/test/unit_test.hpp>

#include "rca/autopsy.h"
#include "rca/text_lines.h"
#include "rca/text_rules.h"

namespace crashwright::rca {
namespace {

struct Form {
  const char* text;
  const char* cause;
};

void expect_each(const std::vector<Form>& forms) {
  for (const Form& form : forms) BOOST_TEST(autopsy_text(form.text).cause == form.cause, form.text);
}

BOOST_AUTO_TEST_CASE(every_sanitizer_is_understood) {
  const std::string stack = "    #0 0x1 in Desk::quote desk.cc:4\n";
  const std::vector<Form> headers = {
      {"==5==ERROR: AddressSanitizer heap-use-after-free on address 0x602 at pc 0x1\n", "USE_AFTER_FREE"},
      {"==5==ERROR: MemorySanitizer: stack-overflow on address 0x7ff (pc 0x1 bp 0x2 sp 0x3 T0)\n",
       "STACK_OVERFLOW_EXHAUSTION"},
      {"==5==ERROR: UndefinedBehaviorSanitizer: SEGV on unknown address 0x000000000010 (pc 0x1)\n", "NULL_DEREF"},
      {"==5==ERROR: AddressSanitizer: invalid-aligned-alloc-alignment in aligned_alloc\n", "UNDEFINED_BEHAVIOUR"},
      {"SUMMARY: UndefinedBehaviorSanitizer: integer-divide-by-zero desk.cc:4:9\n", "FPE"},
      {"SUMMARY: UndefinedBehaviorSanitizer: signed-integer-overflow desk.cc:4:9\n", "UNDEFINED_BEHAVIOUR"},
      {"WARNING: ThreadSanitizer: unlock of an unlocked mutex (or by a wrong thread) (pid=5)\n", "UNDEFINED_BEHAVIOUR"},
      {"Direct leak of 40 byte(s) in 1 object(s) allocated from:\n", "LEAK"},
      {"*** GWP-ASan detected a memory error ***\nDouble Free at 0x7f01 (a 40-byte allocation) by thread 9:\n",
       "DOUBLE_FREE"},
      {"Scudo ERROR: misaligned pointer when deallocating address 0x1\n", "INVALID_FREE"},
      {"==5== Possible data race during read of size 4 at 0x1 by thread #1\n", "DATA_RACE"},
      {"========= Stack limit exceeded: 9000 > 8192 (Kb)\n", "STACK_OVERFLOW_EXHAUSTION"},
  };
  for (const Form& form : headers) BOOST_TEST(autopsy_text(form.text + stack).cause == form.cause, form.text);
}

BOOST_AUTO_TEST_CASE(a_free_of_a_freed_block_is_a_double_free_for_valgrind_too) {
  expect_each({{"==9== Invalid free() / delete / delete[] / realloc()\n==9==    at 0x48: free (vg.c:1)\n"
                "==9==  Address 0x4a is 0 bytes inside a block of size 40 free'd\n",
                "DOUBLE_FREE"},
               {"==9== Invalid read of size 4\n==9==    at 0x10: main (a.c:1)\n"
                "==9==  Address 0x4a is 8 bytes inside a block of size 40 free'd\n",
                "USE_AFTER_FREE"},
               {"==9== Invalid write of size 1\n==9==    at 0x10: main (a.c:1)\n"
                "==9==  Address 0x4a is 0 bytes after a block of size 24 alloc'd\n",
                "HEAP_OVERFLOW"}});
}

BOOST_AUTO_TEST_CASE(allocators_and_the_cxx_runtimes_are_understood) {
  expect_each({{"desk: malloc.c:2379: sysmalloc: Assertion `(old_top == initial_top (av))' failed.\n", "HEAP_OVERFLOW"},
               {"Fatal glibc error: malloc.c:2599 (sysmalloc): assertion failed: (old_top == 1)\n", "HEAP_OVERFLOW"},
               {"free(): unaligned chunk detected in tcache 2\n", "USE_AFTER_FREE"},
               {"src/tcmalloc.cc:332] Attempt to free invalid pointer 0x10\n", "INVALID_FREE"},
               {"libc++abi: Pure virtual function called!\n", "ABORT"},
               {"LLVM ERROR: out of memory\n", "OOM"},
               {"thread 'feed' panicked at src/main.rs:4:9:\nlimit\n", "ASSERTION"}});
}

BOOST_AUTO_TEST_CASE(failed_checks_are_understood) {
  expect_each(
      {{"/usr/include/c++/12/bits/stl_vector.h:1123: std::vector<int>: Assertion '__n < this->size()' failed.\n",
        "ASSERTION"},
       {"Assertion n > 0 failed at desk/quote.c:17\n", "ASSERTION"},
       {"F20240607 10:11:12.000001    17 desk.cc:4] Check failed: a == b (1 vs. 2)\n", "ASSERTION"},
       {"**\nERROR:desk.c:4:quote: code should not be reached\n", "ASSERTION"},
       {"(desk:17): Desk-ERROR **: 10:11:12.1: no book for the symbol\n", "ASSERTION"},
       {"ASSERT: \"size > 0\" in file desk.cpp, line 4\n", "ASSERTION"},
       {"Hit MOZ_CRASH(no book) at desk.cpp:4\n", "ASSERTION"},
       {"TRAP: failed Assert(\"size > 0\"), File: \"desk.c\", Line: 4, PID: 17\n", "ASSERTION"},
       {"#\n# Fatal error in desk.cc, line 4\n# unimplemented code\n", "ASSERTION"},
       {"desk.h:4: assertion __n < size() failed: index out of bounds\n", "ASSERTION"}});
}

BOOST_AUTO_TEST_CASE(other_runtimes_are_understood) {
  expect_each({{"panic: runtime error: invalid memory address or nil pointer dereference\n", "NULL_DEREF"},
               {"panic: no book\n\ngoroutine 1 [running]:\n", "ASSERTION"},
               {"==================\nWARNING: DATA RACE\nRead at 0x00c0000b4008 by goroutine 7:\n", "DATA_RACE"},
               {"Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n", "OOM"},
               {"== Java Exception: java.lang.IllegalStateException: no book\n", "EXCEPTION"},
               {"#  SIGSEGV (0xb) at pc=0x00007f, pid=17, tid=18\nsi_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), "
                "si_addr: 0x0000000000000010\n",
                "NULL_DEREF"},
               {"Fatal Python error: Segmentation fault\n", "WILD_ACCESS"},
               {"BUG: KASAN: slab-out-of-bounds in desk_write+0x1/0x2\n", "HEAP_OVERFLOW"},
               {"INFO: task desk:17 blocked for more than 120 seconds.\n", "TIMEOUT"},
               {"BUG: KFENCE: use-after-free read in desk_read+0x1/0x2\n", "USE_AFTER_FREE"}});
}

BOOST_AUTO_TEST_CASE(programs_that_print_their_own_death_are_understood_with_the_address) {
  expect_each({{"*** SIGSEGV (@0x18) received by PID 17 (TID 0x7f) from PID 24; stack trace: ***\n", "NULL_DEREF"},
               {"*** SIGABRT received at time=1717754400 on cpu 1 ***\n", "ABORT"},
               {"*** Signal 11 (SIGSEGV) (0x123456789000) received by PID 17 (pthread TID 0x7f)\n", "WILD_ACCESS"},
               {"Caught Segmentation fault, suspect faulting address 0x0\n", "NULL_DEREF"},
               {"Crash reason:  SIGSEGV /SEGV_MAPERR\nCrash address: 0x10\n", "NULL_DEREF"},
               {"Crash reason:  SIGFPE\nCrash address: 0x55550000\n", "FPE"},
               {"* thread #1, stop reason = signal SIGSEGV: invalid address (fault address: 0x10)\n", "NULL_DEREF"},
               {"Program received signal SIGSEGV, Segmentation fault.\n#0  0x1 in f (p=0x0) at a.c:1\n", "WILD_ACCESS"},
               {"Got signal: 6 (Aborted).\n", "ABORT"},
               {"qemu: uncaught target signal 11 (Segmentation fault) - core dumped\n", "WILD_ACCESS"}});
}

BOOST_AUTO_TEST_CASE(healthy_output_has_no_cause) {
  for (const char* const text :
       {"[==========] 12 tests ran.\n[  PASSED  ] 12 tests.\n", "INFO: Seed: 17\n#2 INITED cov: 4 ft: 4\nDone 9 runs\n",
        "2024-06-07 10:11:12 INFO panic button armed\n", "no failures: 0 leaks, 0 errors\n",
        "handler installed for SIGSEGV, SIGABRT\n", "Error: attempting a reconnect\n",
        "ERROR: login was refused, trying again\n", "order rejected: limit of out of range prices\n",
        "==17== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)\n"}) {
    BOOST_TEST(autopsy_text(text).cause == "NONE", text);
  }
}

BOOST_AUTO_TEST_CASE(what_carried_a_line_is_told_from_the_line) {
  const auto bare = [](std::string_view line) { return std::string(line.substr(log_prefix(line))); };
  BOOST_TEST(bare("Feb 11 08:00:01 eq4 quoter[771]: free(): invalid pointer") == "free(): invalid pointer");
  BOOST_TEST(bare("2026-02-11T08:00:01.100Z stderr F Aborted") == "Aborted");
  BOOST_TEST(bare("<4>1 2026-02-11T08:00:01Z eq4 kernel: [ 12.5] oops") == "oops");
  BOOST_TEST(bare("quoter-1  | panic: no book") == "panic: no book");
  BOOST_TEST(bare("17: ==7==ERROR") == "==7==ERROR");
  // A severity stays: who talks must be known. So does what is no prefix at all.
  BOOST_TEST(bare("08:00:01.5 INFO panic: drill") == "INFO panic: drill");
  BOOST_TEST(bare("terminate called recursively") == "terminate called recursively");
  BOOST_TEST(bare("desk: book.cc:9: f: Assertion `a' failed.") == "desk: book.cc:9: f: Assertion `a' failed.");
  const TextLines json("{\"log\":\"free(): \\\"x\\\"\\n\",\"stream\":\"stderr\"}\n\x1b[31mred\x1b[0m\n");
  BOOST_REQUIRE(json.whole().size() == 2U);
  BOOST_TEST(json.whole()[0] == "free(): \"x\"");
  BOOST_TEST(json.whole()[1] == "red");
}

BOOST_AUTO_TEST_CASE(a_word_of_shells_at_the_start_of_a_log_line_is_no_crash) {
  expect_each({{"10:00:00.1 Aborted order 7 at the client's wish\n10:00:01 stopped\n", "NONE"},
               {"Feb 11 08:00:01 eq4 quoter[7]: Killed 3 stale sessions\n", "NONE"},
               {"{\"level\":\"info\",\"msg\":\"free(): invalid pointer\"}\n", "NONE"},
               {"{\"level\":\"fatal\",\"msg\":\"free(): invalid pointer\"}\n", "INVALID_FREE"}});
}

BOOST_AUTO_TEST_CASE(a_text_of_no_known_form_with_a_sign_of_a_death_is_unknown_and_not_none) {
  for (const char* const text :
       {"desk: lost the lock of the feed\nKilled\n", "worker desk-3 terminated abruptly\n",
        "./desk: error while loading shared libraries: libx.so: cannot open shared object file\n",
        "2026-02-11 08:00:01 [critical] desk: fatal error in the matcher\n", "Abort trap: 6\n",
        "engine: the quoter has crashed\n",
        "something happened\n#0  0x401136 in f () at a.c:1\n#1  0x401150 in main ()\n"}) {
    const AutopsyReport report = autopsy_text(text);
    BOOST_TEST(report.cause == "UNKNOWN", text);
    BOOST_TEST(report.confidence < 0.5, text);
  }
}

BOOST_AUTO_TEST_CASE(owners_of_mutexes_in_a_debugger_close_a_circle) {
  const std::string stacks =
      "Thread 2 (Thread 0x7f (LWP 12) \"risk\"):\n"
      "#0  __lll_lock_wait (futex=futex@entry=0x5060 <book>, private=0) at lowlevellock.c:52\n"
      "#1  0x2 in Risk::run () at risk.cc:3\n\nThread 1 (Thread 0x7e (LWP 11) \"desk\"):\n"
      "#0  __lll_lock_wait (futex=futex@entry=0x50a0 <risk>, private=0) at lowlevellock.c:52\n";
  BOOST_TEST(autopsy_text(stacks).cause == "UNKNOWN");
  BOOST_TEST(autopsy_text(stacks).candidates.front().cause == "DEADLOCK");
  const std::string book = "(gdb) p book.__data.__owner\n$1 = 11\n";
  BOOST_TEST(autopsy_text(stacks + book + "(gdb) p risk.__data.__owner\n$2 = 12\n").cause == "DEADLOCK");
  BOOST_TEST(autopsy_text(stacks + book +
                          "(gdb) p *(pthread_mutex_t*)0x50a0\n"
                          "$2 = {__data = {__lock = 2, __count = 0, __owner = 12, __nusers = 1}}\n")
                 .cause == "DEADLOCK");
  BOOST_TEST(autopsy_text(stacks + book + "(gdb) p risk.__data.__owner\n$2 = 99\n").cause == "UNKNOWN");
}

BOOST_AUTO_TEST_CASE(a_check_says_what_it_was_about) {
  expect_each(
      {{"thread 'main' panicked at src/main.rs:4:5:\nattempt to divide by zero\n", "FPE"},
       {"thread 'main' panicked at 'called `Result::unwrap()` on an `Err` value: Os { code: 28, kind: StorageFull, "
        "message: \"No space left on device\" }', src/main.rs:4\n",
        "DISK_FULL"},
       {"Exception in thread \"main\" java.io.IOException: Input/output error\n", "IO_ERROR"},
       {"Traceback (most recent call last):\n  File \"a.py\", line 1\nAssertionError: n\n", "ASSERTION"},
       {"Unhandled exception. System.OutOfMemoryException: x\n   at D.f()\nAborted (core dumped)\n", "OOM"},
       {"Fatal error. System.AccessViolationException: x\n   at D.f()\nAborted (core dumped)\n", "WILD_ACCESS"}});
}

BOOST_AUTO_TEST_CASE(a_prefix_that_lines_have_in_common_is_no_part_of_them) {
  const std::string report[] = {"==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x1",
                                "READ of size 8 at 0x602 thread T0", "    #0 0x1 in Desk::quote desk.cc:4"};
  for (const std::string prefix :
       {"desk-7c9f desk ", "[pod/desk-7/desk] ", "[stderr] ", "[3/12] desk: ", "E0302 desk | "}) {
    std::string text;
    for (const std::string& line : report) text += prefix + line + "\n";
    BOOST_TEST(autopsy_text(text).cause == "USE_AFTER_FREE", prefix);
    BOOST_TEST(autopsy_text(text).function == "Desk::quote", prefix);
  }
  expect_each({{"Feb 11 08:00:01 eq4 desk[7]: /src/desk.cc:4:9: runtime error: division by zero\n", "FPE"},
               {"memory.events:\noom 1\noom_kill 1\n", "OOM"},
               {"memory.events:\noom 0\noom_kill 0\n", "NONE"}});
}

BOOST_AUTO_TEST_CASE(the_filter_of_letter_pairs_never_rules_out_a_rule_that_matches) {
  LetterPairs line;
  line.add("x: Assertion `a' failed.");
  LetterPairs fragment;
  fragment.add(": Assertion `");
  BOOST_TEST(line.contains(fragment));
  fragment.add("zq");
  BOOST_TEST(!line.contains(fragment));
  LineRules rules("desk: desk.cc:4: quote: Assertion `n > 0' failed.");
  const auto first = rules.next();
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(std::string(first->rule->cause) == "ASSERTION");
}

}  // namespace
}  // namespace crashwright::rca
