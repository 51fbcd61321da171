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

}  // namespace
}  // namespace crashwright::rca
