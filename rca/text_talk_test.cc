// Goal: talk about a crash is told from a crash, and what a process survived from what ended it.
// Method: single lines and small documents of made-up programs.
#include "rca/text_talk.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "rca/autopsy.h"
#include "rca/text_lines.h"

namespace crashwright::rca {
namespace {

bool talks(std::string_view line, std::string_view words) { return is_talk(line, line.find(words)); }

BOOST_AUTO_TEST_CASE(a_quotation_mark_that_closes_quotes_nothing) {
  BOOST_TEST(!talks("cannot write \"/data/audit.log\": No space left", ": No space"));
  BOOST_TEST(!talks("cannot write '/data/audit.log': No space left", ": No space"));
  BOOST_TEST(!talks("cannot write `/data/audit.log': No space left", ": No space"));
  BOOST_TEST(talks("seen: \"No space left on device\"", "No space"));
  BOOST_TEST(talks("a line such as 'panic: no book'", "panic"));
  BOOST_TEST(talks("what `==1==ERROR: x` means", "ERROR"));
  BOOST_TEST(talks("{\"msg\":\"user saw \\\"panic: x\\\"\"}", "panic"));
}

BOOST_AUTO_TEST_CASE(the_first_severity_of_a_line_decides_and_only_as_a_word) {
  BOOST_TEST(!talks("ERROR [session INFO-7] audit.log: No space left", ": No space"));
  BOOST_TEST(!talks("the INFORMATION: No space left", ": No space"));
  BOOST_TEST(!talks("/var/log/INFO.log: No space left", ": No space"));
  BOOST_TEST(talks("10:00:01 INFO after an ERROR: No space left", ": No space"));
  BOOST_TEST(talks("[10:00:01] [info] audit.log: No space left", ": No space"));
  BOOST_TEST(talks("ts=10:00:01 level=debug msg=audit.log: No space left", ": No space"));
}

BOOST_AUTO_TEST_CASE(what_an_error_carries_in_its_fields_is_no_quotation) {
  BOOST_TEST(!talks("ts=1 level=error err=\"write /wal: no space left\"", ": no space"));
  BOOST_TEST(talks("ts=1 level=info err=\"write /wal: no space left\"", ": no space"));
  BOOST_TEST(talks("ERROR a client sent \"x: no space left\"", ": no space"));
  const std::string fields = "\"msg\":\"cannot save\",\"error\":\"write /wal: no space left on device\"}\n";
  BOOST_TEST(autopsy_text("{\"level\":\"fatal\"," + fields).cause == "DISK_FULL");
  BOOST_TEST(autopsy_text("{\"level\":60," + fields).cause == "DISK_FULL");
  BOOST_TEST(autopsy_text("{\"level\":\"info\"," + fields).cause == "NONE");
}

BOOST_AUTO_TEST_CASE(a_sign_that_is_denied_or_of_another_run_is_none) {
  const auto denied = [](std::string_view line, std::string_view word) { return is_denied(line, line.find(word)); };
  BOOST_TEST(denied("no fatal error so far", "fatal error"));
  BOOST_TEST(denied("handler for SIGSEGV in place", "SIGSEGV"));
  BOOST_TEST(denied("the previous run ended by SIGSEGV", "SIGSEGV"));
  BOOST_TEST(denied("  --on-crash MODE  after a segmentation fault", "segmentation"));
  BOOST_TEST(!denied("engine: fatal error, stopping", "fatal error"));
}

BOOST_AUTO_TEST_CASE(what_documents_commits_and_mails_quote_is_talk) {
  const auto quoted = [](std::string_view text) {
    const TextLines lines(text);
    return autopsy_text(std::string(text)).cause == "NONE" && lines.whole().size() > 1;
  };
  BOOST_TEST(quoted("# When it dies\n\nIt says\n\n    free(): invalid pointer\n\nand that is all.\n"));
  BOOST_TEST(quoted("commit 0123abcd\nAuthor: D <d@x>\n\n    Mend it\n\n      panic: no book\n"));
  BOOST_TEST(quoted("A desk without memory prints lines such as\n\n    Out of memory: Killed process 7 (desk)\n"));
  BOOST_TEST(quoted("Is this yours?\n> free(): invalid pointer\n> Aborted (core dumped)\n"));
  // A report that somebody indented is a report.
  BOOST_TEST(autopsy_text("Today it died again:\n\n    free(): invalid pointer\n").cause == "INVALID_FREE");
  BOOST_TEST(autopsy_text("#\n# A fatal error\n#\n#  SIGFPE (0x8) at pc=0x1, pid=7, tid=7\n").cause == "FPE");
}

BOOST_AUTO_TEST_CASE(who_ends_in_order_survived_what_it_complained_about_before) {
  const std::string full = "10:00:01 WARN rotate: /data/old.log: No space left on device\n";
  BOOST_TEST(autopsy_text(full).cause == "DISK_FULL");
  const AutopsyReport survived = autopsy_text(full + "16:30:00 INFO clean shutdown\n");
  BOOST_TEST(survived.cause == "NONE");
  BOOST_REQUIRE(survived.evidence.size() == 1U);
  BOOST_TEST(survived.evidence.front().strength < 0);
  BOOST_TEST(autopsy_text("10:00:00 INFO clean shutdown\n" + full).cause == "DISK_FULL");
  BOOST_TEST(autopsy_text("Traceback (most recent call last):\nValueError: x\nexiting with status 0\n").cause ==
             "NONE");
  BOOST_TEST(autopsy_text("10:00:01 FATAL log: No space left on device\nexited with code 0\n").cause == "DISK_FULL");
  // Nobody survives a signal or a sanitizer's report.
  BOOST_TEST(autopsy_text("free(): invalid pointer\nAborted\n10:00:02 clean shutdown\n").cause == "INVALID_FREE");
}

BOOST_AUTO_TEST_CASE(a_complaint_that_was_mended_in_the_same_line_is_none) {
  BOOST_TEST(autopsy_text("rotate: /data/old.log: No space left on device; will retry\n").cause == "NONE");
}

}  // namespace
}  // namespace crashwright::rca
