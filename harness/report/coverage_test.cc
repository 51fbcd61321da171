// Goal: coverage counts what the events say of every case, says which points nobody reached, and never takes a case
// that recorded nothing for one that reached nothing.
#include "harness/report/coverage.h"

#include <boost/test/unit_test.hpp>

#include "harness/report/event_json.h"

namespace crashwright::harness {
namespace {

CaseRecord with_passages(std::map<std::string, uint64_t> passages, std::vector<rca::InjectedFaultFact> faults = {}) {
  CaseRecord record;
  record.finished = CaseFinished{};
  record.finished->passages = std::move(passages);
  record.finished->faults = std::move(faults);
  return record;
}

rca::InjectedFaultFact fault(const std::string& point, const std::string& state) {
  rca::InjectedFaultFact fact;
  fact.kind = "abort";
  fact.point = point;
  fact.state = state;
  return fact;
}

RunRecord run_of_four() {
  RunRecord run;
  run.cases.push_back(with_passages({{"a.often", 7}, {"b.once", 0}, {"c.never", 0}}, {fault("a.often", "confirmed")}));
  run.cases.push_back(with_passages({{"a.often", 5}, {"b.once", 1}, {"c.never", 0}}, {fault("b.once", "armed")}));
  run.cases.push_back(with_passages({}));  // skipped
  run.cases.emplace_back();                // interrupted
  return run;
}

}  // namespace

BOOST_AUTO_TEST_CASE(passages_are_summed_and_cases_counted_point_by_point) {
  const FaultCoverage coverage = fault_coverage(run_of_four());
  BOOST_TEST(coverage.cases == 2U);
  BOOST_TEST(coverage.cases_without == 2U);
  BOOST_REQUIRE(coverage.points.size() == 3U);
  BOOST_TEST(coverage.points[0].point == "a.often");
  BOOST_TEST(coverage.points[0].hits == 12U);
  BOOST_TEST(coverage.points[0].cases == 2U);
  BOOST_TEST(coverage.points[0].cases_fired == 1U);
  BOOST_TEST(coverage.points[1].hits == 1U);
  BOOST_TEST(coverage.points[1].cases == 1U);
  BOOST_TEST(coverage.points[1].cases_fired == 0U);
  BOOST_TEST(coverage.points[2].hits == 0U);
}

BOOST_AUTO_TEST_CASE(the_text_names_what_was_never_reached_before_the_counts) {
  BOOST_TEST(render_coverage_text(fault_coverage(run_of_four())) ==
             "2 of 3 fault points reached in 2 cases\n"
             "2 cases recorded no passages (skipped or interrupted)\n"
             "\n"
             "Never reached:\n"
             "  c.never\n"
             "\n"
             "  Reached                                    passages    cases   faults fired\n"
             "  a.often                                          12        2         1 case\n"
             "  b.once                                            1        1              -\n");
}

BOOST_AUTO_TEST_CASE(the_json_holds_every_point_and_the_unreached_by_name) {
  const std::string json = render_coverage_json(fault_coverage(run_of_four()));
  BOOST_TEST(json.find("\"never_reached\": [\n    \"c.never\"\n  ]") != std::string::npos);
  BOOST_TEST(json.find("\"point\": \"a.often\",\n      \"hits\": 12,\n      \"cases\": 2,\n      \"cases_fired\": 1") !=
             std::string::npos);
  BOOST_TEST(json.find("\"cases_without_passages\": 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_case_recorded_before_passages_were_is_read_as_having_none) {
  CaseFinished done;
  done.case_id = "a";
  done.passages = {{"feed.message", 3}};
  std::string line = event_to_json(done);
  const auto current = event_from_json(line);
  BOOST_REQUIRE(current);
  BOOST_TEST(std::get<CaseFinished>(*current).passages.at("feed.message") == 3U);
  const std::string key = R"("passages":{"feed.message":3},)";
  BOOST_REQUIRE(line.find(key) != std::string::npos);
  const auto earlier = event_from_json(line.erase(line.find(key), key.size()));
  BOOST_REQUIRE(earlier);
  BOOST_TEST(std::get<CaseFinished>(*earlier).passages.empty());
}

}  // namespace crashwright::harness
