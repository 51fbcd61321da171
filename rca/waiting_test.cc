// Goal: a circle through a reader-writer lock and a join is found, whoever holds it; a condition variable has no owner.
// Method: programs that really wait, with their cores.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "rca/autopsy.h"
#include "rca/testing/victim_run.h"

namespace crashwright::rca {
namespace {

using testing::Build;
using testing::VictimRun;

AutopsyReport autopsy_of(const std::string& death) {
  const VictimRun run(Build::kPlain, death);
  const auto report = autopsy_path(run.core(), {});
  BOOST_REQUIRE(report);
  BOOST_TEST_MESSAGE(autopsy_to_text(*report));
  return *report;
}

bool any_line(const std::vector<std::string>& lines, const std::string& part) {
  return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(a_circle_through_the_reader_of_a_lock_is_found) {
  const AutopsyReport report = autopsy_of("reader_deadlock");
  BOOST_TEST(report.cause == "DEADLOCK");
  BOOST_REQUIRE(report.wait_for_cycle.size() == 2U);
  BOOST_TEST(any_line(report.wait_for_cycle, "Shelf::read_then_lock waits for mutex"));
  BOOST_TEST(any_line(report.wait_for_cycle, "Shelf::lock_then_write waits for reader-writer lock"));
  BOOST_TEST(any_line(report.wait_for_cycle, "for reading (likely"));
}

BOOST_AUTO_TEST_CASE(a_circle_through_a_join_is_found_and_both_stacks_are_shown) {
  const AutopsyReport report = autopsy_of("join_deadlock");
  BOOST_TEST(report.cause == "DEADLOCK");
  BOOST_REQUIRE(report.wait_for_cycle.size() == 2U);
  BOOST_TEST(any_line(report.wait_for_cycle, "Shelf::join_with_lock waits for the end of thread"));
  BOOST_TEST(any_line(report.wait_for_cycle, "Shelf::lock_late waits for mutex"));
  BOOST_TEST(report.involved.size() == 2U);
  const std::string page = autopsy_to_text(report);
  BOOST_TEST(page.find("Shelf::join_with_lock") != std::string::npos);
  BOOST_TEST(page.find("Shelf::lock_late") != std::string::npos);
  for (const int32_t tid : report.involved) {
    BOOST_TEST(page.find("\nthread " + std::to_string(tid)) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_condition_variable_has_no_owner_and_is_no_circle) {
  const AutopsyReport report = autopsy_of("lost_wakeup");
  BOOST_TEST(report.cause != "DEADLOCK");
  BOOST_TEST(report.wait_for_cycle.empty());
  BOOST_TEST(any_line(report.waits, "waits for condition variable"));
  BOOST_TEST(any_line(report.waits, ", no owner"));
}

// The core of a process of two threads, as one that lives, whose threads were seen as told.
AutopsyReport observed(const VictimRun& run, const std::vector<LiveObservation::Thread>& seen) {
  const auto tids = autopsy_path(run.core(), {});
  BOOST_REQUIRE(tids);
  BOOST_REQUIRE(tids->threads.size() == seen.size());
  AutopsyOptions options;
  options.live.emplace();
  options.live->window_ns = 300'000'000;
  for (size_t i = 0; i < seen.size(); ++i) {
    options.live->threads.push_back(seen[i]);
    options.live->threads.back().tid = tids->threads[i].tid;
  }
  const auto report = autopsy_core(run.core(), options);
  BOOST_REQUIRE(report);
  return *report;
}

bool says(const AutopsyReport& report, const std::string& part) {
  return std::ranges::any_of(report.evidence,
                             [&](const Evidence& one) { return one.excerpt.find(part) != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(a_thread_that_spins_on_a_busy_machine_is_the_one_to_look_at) {
  const VictimRun run(Build::kPlain, "lost_wakeup");
  const size_t count = autopsy_path(run.core(), {})->threads.size();
  const auto with_last = [&](uint64_t ran_ms, uint64_t waited_ms, char state) {
    std::vector<LiveObservation::Thread> seen(count);
    for (LiveObservation::Thread& thread : seen) thread.state = 'S';
    seen.back().cpu_ns = ran_ms * 1'000'000;
    seen.back().waited_ns = waited_ms * 1'000'000;
    seen.back().state = state;
    return observed(run, seen);
  };
  // It ran a tenth of the time, and waited for a processor the rest of it.
  const AutopsyReport starved = with_last(30, 260, 'R');
  BOOST_TEST(starved.candidates.front().cause == "LIVELOCK");
  BOOST_TEST(starved.tid == starved.threads.back().tid);
  BOOST_TEST(says(starved, "used 10 % of a processor and waited for one 86 % of the time"));
  // Its wait is not counted yet: it is ready to run, so that nobody may say that nothing ran.
  const AutopsyReport ready = with_last(3, 0, 'R');
  BOOST_TEST(ready.tid == ready.threads.back().tid);
  const AutopsyReport asleep = with_last(0, 0, 'S');
  BOOST_TEST(says(asleep, "no thread used a processor"));
  BOOST_TEST(!says(starved, "no thread used"));
  BOOST_TEST(!says(ready, "no thread used"));
}

}  // namespace
}  // namespace crashwright::rca
