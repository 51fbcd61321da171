// Goal: what is said of a case tells people what to change, in the same words everywhere.
#include "harness/report/case_words.h"

#include <boost/test/unit_test.hpp>

#include "harness/report/testing/sample_run.h"

namespace crashwright::harness {
namespace {

CaseFinished waiting(const std::string& passed, std::map<std::string, uint64_t> passages) {
  CaseFinished done = testing::sample_case("a", verifiers::Outcome::kInconclusive);
  done.faults = {{"lost_write", "audit.before_write", "armed", passed, 0, 0, "audit.log"}};
  done.passages = std::move(passages);
  return done;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_fault_that_waited_in_vain_is_told_how_often_its_own_start_passed_the_point) {
  CaseFinished done = waiting("passed 15 times in start 0 of the engine", {{"audit.before_write", 183}});
  BOOST_TEST(
      unfired_advice(done) ==
      "audit.before_write was passed 15 times in start 0 of the engine: choose an earlier hit, or a longer session "
      "(session.messages)");
  done.faults.push_back({"sigkill", "gateway.after_send", "confirmed", "wait status SIGKILL", 0, 5, ""});
  BOOST_TEST(
      unfired_advice(done) ==
      "audit.before_write was passed 15 times in start 0 of the engine: choose an earlier hit, or let sigkill come "
      "later");
}

BOOST_AUTO_TEST_CASE(a_run_recorded_before_passages_were_noted_by_start_gives_their_sum) {
  BOOST_TEST(unfired_advice(waiting("", {{"audit.before_write", 1}})) ==
             "audit.before_write was passed 1 time: choose an earlier hit, or a longer session (session.messages)");
}

BOOST_AUTO_TEST_CASE(a_point_that_was_never_passed_is_the_wrong_place) {
  BOOST_TEST(unfired_advice(waiting("", {})) ==
             "audit.before_write was never passed: choose another place, or a longer session (session.messages)");
}

BOOST_AUTO_TEST_CASE(of_an_engine_of_ones_own_it_is_told_what_was_seen_and_nothing_of_a_session) {
  CaseFinished done = waiting("the engine has no fault point audit.before_write", {});
  done.build = "foreign";
  BOOST_TEST(unfired_advice(done) == "the engine has no fault point audit.before_write");
  done.faults = {{"memory_limit", "", "fired", "the limit was never reached", 0, 5, ""}};
  BOOST_TEST(unfired_advice(done) == "the limit was never reached");
  done.summary = "the fault memory_limit fired, but the limit was never reached";
  BOOST_TEST(unfired_advice(done).empty());
  done.faults[0].state = "confirmed";
  BOOST_TEST(unfired_advice(done).empty());
}

BOOST_AUTO_TEST_CASE(a_function_that_was_wrongly_expected_is_told_once) {
  using verifiers::Outcome;
  CaseFinished done = testing::sample_case("a", Outcome::kFail);
  const std::string missed = "start 0: the faulting thread's stack does not reach place_odrer";
  const std::string blamed = "function place_order is blamed, expected place_odrer";
  done.verdicts = {{"core_capture", Outcome::kFail, missed, {missed}}, {"rca", Outcome::kFail, blamed, {blamed}}};
  const auto broken = broken_verdicts(done);
  BOOST_REQUIRE(broken.size() == 1U);
  BOOST_TEST(broken[0].promise == "rca");
  // What else is wrong with the core is told.
  done.verdicts[0].details.emplace_back("start 0: the core is truncated");
  BOOST_TEST(broken_verdicts(done).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_fault_that_fired_needs_no_advice) {
  BOOST_TEST(unfired_advice(testing::sample_case("a", verifiers::Outcome::kPass)).empty());
}

BOOST_AUTO_TEST_CASE(the_broken_promise_that_the_summary_tells_comes_first) {
  using verifiers::Outcome;
  CaseFinished done = testing::sample_case("a", Outcome::kFail);
  done.verdicts = {{"log_survival", Outcome::kPass, "10 records", {}},
                   {"core_capture", Outcome::kFail, "not on the stack", {}},
                   {"handler", Outcome::kNotApplicable, "no handler", {}},
                   {"rca", Outcome::kFail, "another function", {}}};
  done.summary = "rca: another function";
  const auto broken = broken_verdicts(done);
  BOOST_REQUIRE(broken.size() == 2U);
  BOOST_TEST(broken[0].promise == "rca");
  BOOST_TEST(broken[1].promise == "core_capture");
}

}  // namespace crashwright::harness
