// The runs before this one, from the run.json of the folders beside it: what came of each, case by case.
//
// Threads: free functions. Errors: what is no run, or is damaged, is passed over; a run whose folder is gone is history
// that nobody kept. Limits: the last twelve runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace crashwright::harness {

inline constexpr size_t kHistoryRunsMax = 12;

struct EarlierRun {
  std::string folder;  // relative to the run's own folder: "../20261128-071500-1"
  uint64_t started_wall_ns = 0;
  uint64_t seed = 0;
  std::map<std::string, std::string> outcomes;  // by case id
};

struct RunHistory {
  std::vector<EarlierRun> runs;  // oldest first
};

// `folder`: of the run itself; runs that began after it are left out. Only runs that have a case with this one in
// common are its history.
[[nodiscard]] RunHistory read_history(const std::string& folder);

}  // namespace crashwright::harness
