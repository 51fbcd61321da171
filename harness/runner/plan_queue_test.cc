// Goal: cases are handed out in order, and no further one once a limit is reached.

#include "harness/runner/plan_queue.h"

#include <boost/test/unit_test.hpp>

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

std::vector<Plan> plans_named(const std::string& prefix, size_t count) {
  std::vector<Plan> plans(count);
  for (size_t i = 0; i < count; ++i) plans[i].id = prefix + std::to_string(i);
  return plans;
}

std::string next(PlanQueue& queue, Outcome outcome) {
  const PlanQueue::Taken taken = queue.take();
  if (taken.plan == nullptr) return "";
  CaseFinished ended;
  ended.case_id = taken.plan->id;
  ended.outcome = outcome;
  queue.finished(taken.place, ended);
  return taken.plan->id;
}

}  // namespace

BOOST_AUTO_TEST_CASE(cases_come_in_order_and_then_no_more) {
  const std::vector<Plan> plans = plans_named("a", 2);
  const RunOptions options;
  PlanQueue queue(plans, options);
  BOOST_TEST(next(queue, Outcome::kFail) == "a0");
  BOOST_TEST(next(queue, Outcome::kPass) == "a1");
  BOOST_TEST(next(queue, Outcome::kPass) == "");
  BOOST_TEST(queue.stopped_by() == "");
  BOOST_TEST(queue.results().size() == 2U);
}

BOOST_AUTO_TEST_CASE(no_case_begins_after_as_many_failures_as_allowed) {
  const std::vector<Plan> plans = plans_named("a", 5);
  RunOptions options;
  options.limits.failures_max = 2;
  PlanQueue queue(plans, options);
  BOOST_TEST(next(queue, Outcome::kFail) == "a0");
  BOOST_TEST(next(queue, Outcome::kInconclusive) == "a1");
  BOOST_TEST(next(queue, Outcome::kError) == "a2");
  BOOST_TEST(next(queue, Outcome::kPass) == "");
  BOOST_TEST(queue.stopped_by() == "--max-fail");
}

BOOST_AUTO_TEST_CASE(the_last_failure_of_all_stops_nothing) {
  const std::vector<Plan> plans = plans_named("a", 1);
  RunOptions options;
  options.limits.failures_max = 1;
  PlanQueue queue(plans, options);
  BOOST_TEST(next(queue, Outcome::kFail) == "a0");
  BOOST_TEST(next(queue, Outcome::kPass) == "");
  BOOST_TEST(queue.stopped_by() == "");
}

BOOST_AUTO_TEST_CASE(round_follows_round_until_the_time_is_over) {
  const std::vector<Plan> plans = plans_named("a", 1);
  RunOptions options;
  options.limits.duration_ns = 3'600'000'000'000;
  options.further_round = [](uint64_t round) { return plans_named("round" + std::to_string(round) + ".", 1); };
  PlanQueue queue(plans, options);
  BOOST_TEST(next(queue, Outcome::kPass) == "a0");
  BOOST_TEST(next(queue, Outcome::kPass) == "round1.0");
  BOOST_TEST(next(queue, Outcome::kPass) == "round2.0");
  options.limits.duration_ns = 1;
  BOOST_TEST(next(queue, Outcome::kPass) == "");
  BOOST_TEST(queue.stopped_by() == "--for");
  BOOST_TEST(queue.results().size() == 3U);
}

}  // namespace crashwright::harness
