// Which passages of a fault point a sweep takes. Inside harness/scenario only.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/scenario/sweep.h"

namespace crashwright::harness {

struct SweepPassage {
  const char* word;  // "first" "middle" "last", or "late": the last that can be relied on
  uint64_t hit;
};

// In order; none when the point was not passed in every run.
[[nodiscard]] std::vector<SweepPassage> passages_of(const PassageCount& count);

}  // namespace crashwright::harness
