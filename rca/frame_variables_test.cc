// Goal: arguments and locals are told with the values they had, and what was not kept is said to be gone.
// Method: a real death with a value of every kind, built with -O2; the page of a person shows them for the frame to
//         blame.
#include <boost/test/unit_test.hpp>

#include "rca/autopsy.h"
#include "rca/testing/victim_run.h"

namespace crashwright::rca {
namespace {

using testing::Build;
using testing::VictimRun;

AutopsyReport autopsy_of_variables() {
  const VictimRun run(Build::kPlain, "variables");
  const auto report = autopsy_path(run.core(), {});
  BOOST_REQUIRE(report);
  return *report;
}

std::string value_in(const Frame& frame, const std::string& name) {
  for (const std::string& variable : frame.variables) {
    if (variable.starts_with(name + " = ")) return variable.substr(name.size() + 3);
  }
  return "<no such variable>";
}

BOOST_AUTO_TEST_CASE(values_of_every_kind_are_told) {
  const AutopsyReport report = autopsy_of_variables();
  BOOST_TEST(report.function == "Desk::value");
  BOOST_REQUIRE(report.threads.size() == 1U);
  const Frame& frame = report.threads[0].frames.front();
  BOOST_TEST(value_in(frame, "quote")
                 .ends_with(": {symbol = \"MSFT\", price = 1219600, side = kSell, live = true, venue = 9}"));
  BOOST_TEST(value_in(frame, "account").ends_with(": \"house\""));
  BOOST_TEST(value_in(frame, "quantity") == "300");
  BOOST_TEST(value_in(frame, "weight") == "0.25");
  BOOST_TEST(value_in(frame, "fills") == "{100, 200, -17}");
  BOOST_TEST(value_in(frame, "mark") == "'x'");
  BOOST_TEST(value_in(frame, "missing") == "0x0");
  BOOST_TEST(value_in(frame, "sum") == "<optimized out>");
}

BOOST_AUTO_TEST_CASE(what_only_the_caller_knows_is_taken_from_its_call) {
  const AutopsyReport report = autopsy_of_variables();
  BOOST_TEST(value_in(report.threads[0].frames.front(), "spent") == "4711");
}

BOOST_AUTO_TEST_CASE(a_variable_whose_name_speaks_of_a_secret_is_masked) {
  const AutopsyReport report = autopsy_of_variables();
  BOOST_TEST(value_in(report.threads[0].frames.at(1), "api_token") == "***");
  BOOST_TEST(autopsy_to_json(report).find("hush") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_page_shows_the_variables_of_the_frame_to_blame) {
  const AutopsyReport report = autopsy_of_variables();
  for (const std::string& page :
       {autopsy_to_text(report), autopsy_to_html(report), autopsy_to_markdown(report), autopsy_to_json(report)}) {
    BOOST_TEST(page.find("quantity = 300") != std::string::npos);
  }
  const auto again = autopsy_from_json(autopsy_to_json(report));
  BOOST_REQUIRE(again);
  BOOST_TEST(again->threads[0].frames[0].variables == report.threads[0].frames[0].variables);
}

}  // namespace
}  // namespace crashwright::rca
