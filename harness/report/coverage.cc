#include "harness/report/coverage.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace crashwright::harness {
namespace {

using Json = nlohmann::ordered_json;
using Points = std::map<std::string, PointCoverage>;

void add_case(const CaseFinished& done, Points& points) {
  std::set<std::string> fired;
  for (const rca::InjectedFaultFact& fault : done.faults) {
    if (fault.state != "armed") fired.insert(fault.point);
  }
  for (const auto& [point, hits] : done.passages) {
    PointCoverage& coverage = points[point];
    coverage.point = point;
    coverage.hits += hits;
    coverage.cases += hits > 0 ? 1 : 0;
    coverage.cases_fired += fired.count(point);
  }
}

std::vector<PointCoverage> never_reached(const FaultCoverage& coverage) {
  std::vector<PointCoverage> points;
  for (const PointCoverage& point : coverage.points) {
    if (point.hits == 0) points.push_back(point);
  }
  return points;
}

std::string plural(uint64_t count, const char* word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

FaultCoverage fault_coverage(const RunRecord& run) {
  FaultCoverage coverage;
  Points points;
  for (const CaseRecord& record : run.cases) {
    if (!record.finished || record.finished->passages.empty()) {
      ++coverage.cases_without;
      continue;
    }
    ++coverage.cases;
    add_case(*record.finished, points);
  }
  for (auto& [name, point] : points) coverage.points.push_back(std::move(point));
  return coverage;
}

std::string render_coverage_text(const FaultCoverage& coverage) {
  const std::vector<PointCoverage> unreached = never_reached(coverage);
  std::string text = fmt::format("{} of {} reached in {}\n", coverage.points.size() - unreached.size(),
                                 plural(coverage.points.size(), "fault point"), plural(coverage.cases, "case"));
  if (coverage.cases_without > 0) {
    text += fmt::format("{} recorded no passages (skipped or interrupted)\n", plural(coverage.cases_without, "case"));
  }
  if (!unreached.empty()) text += "\nNever reached:\n";
  for (const PointCoverage& point : unreached) text += fmt::format("  {}\n", point.point);
  text += fmt::format("\n  {:<36} {:>14} {:>8} {:>14}\n", "Reached", "passages", "cases", "faults fired");
  for (const PointCoverage& point : coverage.points) {
    if (point.hits == 0) continue;
    text += fmt::format("  {:<36} {:>14} {:>8} {:>14}\n", point.point, point.hits, point.cases,
                        point.cases_fired > 0 ? plural(point.cases_fired, "case") : "-");
  }
  return text;
}

std::string render_coverage_json(const FaultCoverage& coverage) {
  Json points = Json::array();
  for (const PointCoverage& point : coverage.points) {
    points.push_back(
        {{"point", point.point}, {"hits", point.hits}, {"cases", point.cases}, {"cases_fired", point.cases_fired}});
  }
  Json unreached = Json::array();
  for (const PointCoverage& point : never_reached(coverage)) unreached.push_back(point.point);
  const Json json = {{"cases", coverage.cases},
                     {"cases_without_passages", coverage.cases_without},
                     {"points", points},
                     {"never_reached", unreached}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace crashwright::harness
