// Goal: whatever its author wrote, a line that tells of a death is told from one that does not.
// Method: single lines of made-up programs.
#include "rca/text_signs.h"

#include <boost/test/unit_test.hpp>

#include "rca/autopsy.h"

namespace crashwright::rca {
namespace {

BOOST_AUTO_TEST_CASE(lines_that_tell_of_a_death_have_a_sign) {
  for (const char* const line :
       {"Killed", "desk: Killed", "[pool-3] Killed", "desk.exe has stopped working", "worker 7 died, restarting",
        "quoter: FATAL: no book", "Internal error in the matcher", "matcher: Double free of a level",
        "code=exited, status=203/EXEC", "    at Desk.run (/app/desk.js:4:9)", "  File \"/opt/desk.py\", line 4, in run",
        "desk: the feed handler's process was killed", "CRITICAL desk: books differ", "desk: BookMissingError: no ABC",
        "ASSERT in queue.c"}) {
    BOOST_TEST(has_sign_of_death(line), line);
  }
}

BOOST_AUTO_TEST_CASE(lines_that_do_not_or_only_talk_have_none) {
  for (const char* const line :
       {"", "Killed 3 stale sessions", "the undied", "test_sigsegv_is_told", "0 crashed, 12 passed",
        "no panic: all is well", "code=exited, status=0/SUCCESS", "at 10:00:01 the session began",
        "10:00:01 INFO worker 7 died", "he said \"the desk crashed\"", "critical path of 3 ms",
        "| 139 | segmentation fault |", "fatal is what ends a session",
        "feed: ConnectionResetError: by peer; will retry", "warning: null pointer dereference [-Wnull-dereference]",
        "KillSignal=SIGKILL", "       SIGSEGV      P1990      Core    Invalid memory reference",
        "[       OK ] Desk.crashed (0 ms)", "limits: memory limit enabled"}) {
    BOOST_TEST(!has_sign_of_death(line), line);
  }
}

BOOST_AUTO_TEST_CASE(a_sign_before_an_end_in_order_was_survived) {
  BOOST_TEST(autopsy_text("worker 7 died, another one took over\n").cause == "UNKNOWN");
  BOOST_TEST(autopsy_text("worker 7 died, another one took over\n16:30 clean shutdown\n").cause == "NONE");
  BOOST_TEST(autopsy_text("16:30 clean shutdown\nworker 7 died\n").cause == "UNKNOWN");
}

}  // namespace
}  // namespace crashwright::rca
