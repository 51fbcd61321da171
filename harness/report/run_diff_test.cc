// Goal: two runs are compared by what matters, and the noise of a machine is no difference.

#include "harness/report/run_diff.h"

#include <boost/test/unit_test.hpp>

#include "harness/report/testing/sample_run.h"

namespace crashwright::harness {
namespace {

using testing::sample_record;
using testing::sample_run;
using verifiers::Outcome;

CaseRecord with_cause(CaseRecord record, const std::string& cause) {
  rca::AutopsyReport autopsy;
  autopsy.cause = cause;
  record.finished->autopsy = autopsy;
  return record;
}

}  // namespace

BOOST_AUTO_TEST_CASE(equal_runs_have_no_difference) {
  const RunRecord run = sample_run({sample_record("a", Outcome::kPass), sample_record("b", Outcome::kFail)});
  const RunDiff diff = compare_runs(run, run);
  BOOST_TEST(diff.changes.empty());
  BOOST_TEST(diff.same == 2U);
}

BOOST_AUTO_TEST_CASE(what_got_worse_comes_first) {
  const RunRecord before = sample_run(
      {sample_record("a", Outcome::kFail), sample_record("b", Outcome::kPass), sample_record("gone", Outcome::kPass)});
  const RunRecord after = sample_run({sample_record("a", Outcome::kPass), sample_record("b", Outcome::kInconclusive),
                                      sample_record("new", Outcome::kFail)});
  const RunDiff diff = compare_runs(before, after);
  BOOST_REQUIRE(diff.changes.size() == 4U);
  BOOST_TEST(diff.changes[0].case_id == "b");
  BOOST_TEST((diff.changes[0].kind == ChangeKind::kWorse));
  BOOST_TEST(diff.changes[1].case_id == "a");
  BOOST_TEST((diff.changes[1].mended == std::vector<std::string>{"rca"}));
  BOOST_TEST(diff.changes[2].case_id == "new");
  BOOST_TEST(diff.changes[3].case_id == "gone");
}

BOOST_AUTO_TEST_CASE(another_cause_is_a_change_and_a_further_broken_promise_is_worse) {
  const RunRecord before = sample_run({with_cause(sample_record("a", Outcome::kFail), "ABORT")});
  RunRecord after = sample_run({with_cause(sample_record("a", Outcome::kFail), "NULL_DEREF")});
  RunDiff diff = compare_runs(before, after);
  BOOST_REQUIRE(diff.changes.size() == 1U);
  BOOST_TEST((diff.changes[0].kind == ChangeKind::kOther));
  BOOST_TEST(diff.changes[0].cause_differs);
  after.cases[0].finished->verdicts.push_back({"handler", Outcome::kFail, "too slow", {}});
  diff = compare_runs(before, after);
  BOOST_TEST((diff.changes[0].kind == ChangeKind::kWorse));
  BOOST_TEST((diff.changes[0].broken == std::vector<std::string>{"handler"}));
}

BOOST_AUTO_TEST_CASE(times_differ_beyond_the_noise_only) {
  const auto took = [](uint64_t ms) {
    CaseRecord record = sample_record("a", Outcome::kPass);
    record.finished->duration_ns = ms * 1'000'000;
    return sample_run({record});
  };
  BOOST_TEST(compare_runs(took(100), took(340)).changes.empty());
  BOOST_TEST(compare_runs(took(1000), took(1400)).changes.empty());
  BOOST_TEST(compare_runs(took(1000), took(1600)).changes.size() == 1U);
  BOOST_TEST(compare_runs(took(1600), took(1000)).changes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_case_that_was_interrupted_is_worse_than_one_that_passed) {
  RunRecord after = sample_run({sample_record("a", Outcome::kPass)});
  after.cases[0].finished.reset();
  const RunDiff diff = compare_runs(sample_run({sample_record("a", Outcome::kPass)}), after);
  BOOST_REQUIRE(diff.changes.size() == 1U);
  BOOST_TEST((diff.changes[0].kind == ChangeKind::kWorse));
  BOOST_TEST(diff.changes[0].after->outcome == "UNFINISHED");
}

}  // namespace crashwright::harness
