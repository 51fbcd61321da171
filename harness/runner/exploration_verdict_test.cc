// Goal: a scenario's expectation is met by what it says and by nothing else. Method: results made by hand.
#include "harness/runner/exploration_verdict.h"

#include <boost/test/unit_test.hpp>

#include "harness/storage/explore/exploration_json.h"

using namespace crashwright::harness;
using crashwright::verifiers::Outcome;

namespace {

StorageFinding finding(const std::string& profile, const std::string& reason, const std::string& lost) {
  StorageFinding made;
  made.profile = profile;
  made.reason = reason;
  made.lost = {lost};
  made.last_operation = "rename of a to b";
  made.states = 1;
  return made;
}

CampaignResult found(std::vector<StorageFinding> findings) {
  CampaignResult result;
  result.states = 100;
  result.violated = findings.size();
  result.findings = std::move(findings);
  return result;
}

ExplorationPlan expecting(bool violated, const std::string& profile = {}, const std::string& reason = {},
                          const std::string& lost = {}) {
  ExplorationPlan plan;
  plan.limits.states = 200;
  plan.expect.violated = violated;
  plan.expect.profile = profile;
  plan.expect.reason = reason;
  plan.expect.lost = lost;
  return plan;
}

Outcome outcome(const ExplorationPlan& plan, const CampaignResult& result, bool cut_short = false) {
  return judge_exploration(plan, result, cut_short).outcome;
}

const StorageFinding kLost = finding("E", "acknowledged and lost: row 3", "write of 4096 bytes at 0 of data.db-wal");

}  // namespace

BOOST_AUTO_TEST_CASE(a_clean_exploration_passes_and_a_violated_state_fails) {
  BOOST_TEST((outcome(expecting(false), found({})) == Outcome::kPass));
  const auto verdict = judge_exploration(expecting(false), found({kLost}), false);
  BOOST_TEST((verdict.outcome == Outcome::kFail));
  BOOST_TEST(verdict.summary ==
             "E: acknowledged and lost: row 3 (power lost after rename of a to b; lost: write of 4096 bytes at 0 of "
             "data.db-wal)");
}

BOOST_AUTO_TEST_CASE(a_failure_says_what_would_mend_it_and_how_many_more_there_are) {
  StorageFinding mended = kLost;
  mended.fix = "fsync of a after each write";
  const auto verdict = judge_exploration(expecting(false), found({mended, kLost, kLost}), false);
  BOOST_TEST(verdict.summary.ends_with("data.db-wal); would pass with fsync of a after each write; 2 more findings"),
             verdict.summary);
}

BOOST_AUTO_TEST_CASE(an_unsafe_setting_that_is_not_found_fails) {
  const auto verdict = judge_exploration(expecting(true), found({}), false);
  BOOST_TEST((verdict.outcome == Outcome::kFail));
  BOOST_TEST(verdict.summary == "expected to be violated, but 100 distinct states passed");
  BOOST_TEST((outcome(expecting(true), found({kLost})) == Outcome::kPass));
}

BOOST_AUTO_TEST_CASE(every_finding_is_of_the_expected_reason) {
  const ExplorationPlan plan = expecting(true, "E", "acknowledged and lost");
  BOOST_TEST((outcome(plan, found({kLost})) == Outcome::kPass));
  const StorageFinding broken = finding("E", "integrity_check: malformed", "write of 512 bytes at 0 of data.db");
  const auto verdict = judge_exploration(plan, found({kLost, broken}), false);
  BOOST_TEST((verdict.outcome == Outcome::kFail));
  BOOST_TEST(verdict.summary.find("another failure than the expected \"acknowledged and lost\": E: integrity_check") ==
             0U);
}

BOOST_AUTO_TEST_CASE(one_finding_is_on_the_expected_profile_with_the_expected_loss) {
  BOOST_TEST((outcome(expecting(true, "S"), found({kLost})) == Outcome::kFail));
  BOOST_TEST((outcome(expecting(true, "E", "", "data.db-wal"), found({kLost})) == Outcome::kPass));
  BOOST_TEST((outcome(expecting(true, "E", "", "rename"), found({kLost})) == Outcome::kFail));
}

BOOST_AUTO_TEST_CASE(a_checker_that_cannot_judge_is_never_clean) {
  CampaignResult result = found({});
  result.checker_errors = 2;
  result.first_error = "the checker ended with exit status 3\nmore";
  const auto verdict = judge_exploration(expecting(false), result, false);
  BOOST_TEST((verdict.outcome == Outcome::kError));
  BOOST_TEST(verdict.summary ==
             "the checker could not judge 2 of 100 distinct states: the checker ended with exit status 3");
  result = found({kLost});
  result.checker_errors = 2;
  BOOST_TEST((outcome(expecting(false), result) == Outcome::kFail));
  BOOST_TEST((outcome(expecting(true), result) == Outcome::kError));
}

BOOST_AUTO_TEST_CASE(what_was_cut_short_or_had_no_state_is_inconclusive) {
  BOOST_TEST((outcome(expecting(false), found({}), true) == Outcome::kInconclusive));
  BOOST_TEST((outcome(expecting(true), found({}), true) == Outcome::kInconclusive));
  BOOST_TEST((outcome(expecting(false), found({kLost}), true) == Outcome::kFail));
  BOOST_TEST((outcome(expecting(true), found({kLost}), true) == Outcome::kPass));
  BOOST_TEST((outcome(expecting(false), CampaignResult()) == Outcome::kInconclusive));
}

BOOST_AUTO_TEST_CASE(an_exploration_that_was_interrupted_is_not_clean) {
  CampaignResult result;
  result.states = 10;
  BOOST_TEST(exploration_verdict(result) == std::string("clean"));
  result.interrupted = true;
  BOOST_TEST(exploration_verdict(result) == std::string("interrupted"));
  result.violated = 1;
  BOOST_TEST(exploration_verdict(result) == std::string("violated"));
}

BOOST_AUTO_TEST_CASE(a_checker_that_is_not_content_with_the_end_of_the_run_judged_nothing_whatever_was_expected) {
  CampaignResult result;
  result.untouched = ImageVerdict{ImageVerdict::Kind::kViolated, "no book\nat all\n"};
  for (const bool violated : {false, true}) {
    const auto verdict = judge_exploration(expecting(violated), result, false);
    BOOST_TEST((verdict.outcome == Outcome::kError));
    BOOST_TEST(verdict.summary == "the checker calls even the untouched folder violated: no book");
  }
  BOOST_TEST(std::string(exploration_verdict(result)) == "error");
}
