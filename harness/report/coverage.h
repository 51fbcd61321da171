// Which fault points of the engine a run reached, how often, and at which of them a fault really fired.
//
// Made from events.jsonl alone, so it works for any run: interrupted, passed, with or without kept artefacts.
// Threads: pure functions. Errors: none; a run whose cases recorded no passages has no points.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/report/event_log.h"

namespace crashwright::harness {

struct PointCoverage {
  std::string point;
  uint64_t hits = 0;         // in all cases and all starts of the engine
  uint64_t cases = 0;        // that passed it
  uint64_t cases_fired = 0;  // in which a fault fired there
};

struct FaultCoverage {
  std::vector<PointCoverage> points;  // of the engine, sorted by name
  uint64_t cases = 0;                 // that recorded passages
  uint64_t cases_without = 0;         // finished or not, that recorded none: skipped, interrupted, of an older version
};

[[nodiscard]] FaultCoverage fault_coverage(const RunRecord& run);

// For a terminal: the points never reached first, then all others with their counts.
[[nodiscard]] std::string render_coverage_text(const FaultCoverage& coverage);
// {"cases", "cases_without_passages", "points": [{"point", "hits", "cases", "cases_fired"}], "never_reached": [...]}
[[nodiscard]] std::string render_coverage_json(const FaultCoverage& coverage);

}  // namespace crashwright::harness
