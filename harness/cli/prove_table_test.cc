// Goal: the table of a proof fits the terminal, and elsewhere has a thing a line.

#include "harness/cli/prove_table.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "harness/cli/terminal_text.h"

namespace crashwright::harness::cli {
namespace {

ProofResult proof() {
  ProofResult result;
  const std::string scenario = "fsync of the audit log fails once and the engine goes on as if nothing had happened";
  BugResult caught;
  caught.bug = "handler_without_alternate_stack";
  caught.expected = {"handler", "core_capture"};
  caught.broken = {"rca", "handler", "core_capture", "log_survival", "state_recovery"};
  caught.scenarios = {scenario, "stack exhausted on the trading thread"};
  caught.let_pass = {"EIO when the audit log is synced"};
  caught.caught = true;
  BugResult missed;
  missed.bug = "a_planted_bug_with_a_name_of_more_than_thirty_four_characters";
  missed.expected = {"reconciliation"};
  missed.trouble = "SKIPPED: " + scenario;
  result.bugs = {caught, missed};
  result.clean_cases = 2;
  result.false_alarms = {scenario + ": rca: the autopsy says NULL_DEREF, expected FPE"};
  result.unproven = {scenario + ": INCONCLUSIVE the fault never fired"};
  result.smallest_set = {scenario};
  result.add_nothing = {scenario};
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_line_of_a_proof_is_wider_than_the_terminal) {
  for (const size_t columns : {size_t{80}, size_t{120}}) {
    std::istringstream lines(proof_to_text(proof(), columns));
    for (std::string line; std::getline(lines, line);) BOOST_TEST(columns_of(line) <= columns, line);
  }
}

BOOST_AUTO_TEST_CASE(elsewhere_a_proof_keeps_a_thing_a_line) {
  const std::string text = proof_to_text(proof(), 0);
  for (const char* const whole :
       {"caught   rca, handler, core_capture, log_survival, state_recovery (handler, core_capture)\n",
        "not in: EIO when the audit log is synced\n",
        "a_planted_bug_with_a_name_of_more_than_thirty_four_characters MISSED   none (reconciliation)\n",
        "as if nothing had happened: rca: the autopsy says NULL_DEREF, expected FPE\n"}) {
    BOOST_TEST((text.find(whole) != std::string::npos), whole);
  }
  BOOST_TEST((text.find("1 of 2 bugs caught; 2 clean cases, 1 false alarms\n") != std::string::npos));
}

}  // namespace crashwright::harness::cli
