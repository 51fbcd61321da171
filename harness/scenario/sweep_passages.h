// Which passages of a fault point a sweep takes. Inside harness/scenario only.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/sweep.h"

namespace crashwright::harness {

struct SweepPassage {
  const char* word;  // "first" "middle" "last", or "late": the last that can be relied on
  uint64_t hit;
  uint64_t feed_sequence = 0;  // set: in place of `hit` the first passage once the feed is applied up to there
};

// In order; none when the point was not passed in every run.
[[nodiscard]] std::vector<SweepPassage> passages_of(const PassageCount& count);

// Whether the point is passed once for a batch of the audit log: how often says more of the machine than of the
// session.
[[nodiscard]] bool is_passed_per_batch(const std::string& point);

// The passages of a point that is passed once for a batch, as far as the session alone decides them: an engine that
// waits for its log has at most 16 orders in a batch. Other points as they are. `counts`: of all points.
[[nodiscard]] PassageCount without_grouping(const PassageCount& count, const std::vector<PassageCount>& counts);

// The fewest passages of that point in one of the counted runs.
[[nodiscard]] uint64_t least_passages(const std::vector<PassageCount>& counts, std::string_view point);

}  // namespace crashwright::harness
