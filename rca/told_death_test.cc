// Goal: a signal or an exit status is understood in whatever form the one who waited for the process writes it.
// Method: the words alone, and whole lines of supervisors, shells, batch systems and test runners.
#include "rca/told_death.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {
namespace {

std::string by_signal(std::string_view words) {
  const auto death = death_by_signal(words);
  return death ? death->cause : "";
}

std::string by_status(std::string_view words) {
  const auto death = death_by_status(words);
  return death ? death->cause : "";
}

BOOST_AUTO_TEST_CASE(signals_are_known_by_number_name_and_description) {
  for (const char* const words : {"11", "11 (core dumped)", "SIGSEGV", "[SIGSEGV]", "<Signals.SIGSEGV: 11>", "SEGV",
                                  "Segmentation fault (11)", " (11): Segmentation fault", "(11.1)"}) {
    BOOST_TEST(by_signal(words) == "WILD_ACCESS", words);
  }
  BOOST_TEST(by_signal("6: Aborted") == "ABORT");
  BOOST_TEST(by_signal("SIGXFSZ") == "RESOURCE_LIMIT");
  BOOST_TEST(by_signal("killed") == "KILLED_EXTERNAL");
  // What asks a process to end, and what is no signal at all.
  for (const char* const words : {"15", "SIGTERM", "17 (SIGCHLD) received", "", "strength", "11th", "SIGNAL", "119"}) {
    BOOST_TEST(by_signal(words).empty(), words);
  }
}

BOOST_AUTO_TEST_CASE(statuses_of_shells_of_python_and_of_windows_are_known) {
  BOOST_TEST(by_status("139") == "WILD_ACCESS");
  BOOST_TEST(by_status("-11") == "WILD_ACCESS");
  BOOST_TEST(by_status("[134]") == "ABORT");
  BOOST_TEST(by_status(" 136.") == "FPE");
  BOOST_TEST(by_status("137") == "UNKNOWN");
  BOOST_TEST(by_status("127") == "UNKNOWN");
  BOOST_TEST((death_by_status("139 (Segmentation fault)")->tier == EvidenceTier::kMachineState));
  BOOST_TEST(by_status("137 (SIGKILL, possible OOM)") == "UNKNOWN");
  BOOST_TEST(by_status("0xC0000374") == "HEAP_OVERFLOW");
  BOOST_TEST(by_status("c00000fd (Stack overflow)") == "STACK_OVERFLOW_EXHAUSTION");
  BOOST_TEST(by_status("-1073741819") == "WILD_ACCESS");
  BOOST_TEST(by_status("3221225477") == "WILD_ACCESS");
  for (const char* const words : {"0", "1", "2", "77", "143", "130", "255", "139ms", "139.5", "x", "", "-"}) {
    BOOST_TEST(by_status(words).empty(), words);
  }
  BOOST_TEST(by_status("99999999999999999999").empty());
}

BOOST_AUTO_TEST_CASE(numbers_of_errno_say_why_a_call_was_refused) {
  const auto by_errno = [](std::string_view words) {
    const auto cause = cause_of_errno(words);
    return std::string(cause ? cause->cause : "");
  };
  BOOST_TEST(by_errno("28 in a file operation") == "DISK_FULL");
  BOOST_TEST(by_errno("5] Input/output error") == "IO_ERROR");
  BOOST_TEST(by_errno("12)") == "OOM");
  BOOST_TEST(by_errno("24, kind: x") == "RESOURCE_LIMIT");
  for (const char* const words : {"11", "2", "128", "", "x"}) BOOST_TEST(by_errno(words).empty(), words);
}

BOOST_AUTO_TEST_CASE(those_who_wait_for_processes_are_understood) {
  const std::vector<std::pair<const char*, const char*>> lines = {
      {"[  311] [notice] AH00052: child pid 17 exit signal Segmentation fault (11)\n", "WILD_ACCESS"},
      {"WARNING: [pool www] child 17 exited on signal 8 (SIGFPE) after 3.2 seconds from start\n", "FPE"},
      {"pid 17 (desk), jid 0, uid 1001: exited on signal 6 (core dumped)\n", "ABORT"},
      {"error: process didn't exit successfully: `target/debug/desk` (signal: 4, SIGILL: illegal instruction)\n",
       "ILLEGAL_INSTRUCTION"},
      {"subprocess.CalledProcessError: Command '['./desk']' died with <Signals.SIGBUS: 7>.\n", "BUS"},
      {"audit: type=1701 audit(17.2:9): auid=1 uid=1 pid=17 comm=\"desk\" exe=\"/opt/desk\" sig=11 res=1\n",
       "WILD_ACCESS"},
      {"(001.000.000) Job terminated by signal 25.\n", "RESOURCE_LIMIT"},
      {"App [desk] exited with code [0] via signal [SIGSEGV]\n", "WILD_ACCESS"},
      {"signal (11): Segmentation fault\n", "WILD_ACCESS"},
      {"The program '[17] desk.exe' has exited with code -1073741819 (0xc0000005) 'Access violation'.\n",
       "WILD_ACCESS"},
      {"make: *** [Makefile:3: run] Error 139\n", "UNKNOWN"},
      {"Exited (137) 3 minutes ago\n", "UNKNOWN"},
      {"[ERROR] desk: exit status 139\n", "UNKNOWN"},
      {"engine exited with code 0\n", "NONE"},
      {"killed by signal 15 at the end of the day\n", "NONE"},
      {"10:00:01 INFO the last child was killed by signal 11\n", "NONE"},
  };
  for (const auto& [line, cause] : lines) BOOST_TEST(autopsy_text(line).cause == cause, line);
}

}  // namespace
}  // namespace crashwright::rca
