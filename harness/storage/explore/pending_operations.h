// Which operations may be lost at a crash point, and what kind of place a crash point is.
//
// Threads: immutable once made. Errors: none. Memory: a number for every 256 operations.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/storage/explore/crash_state.h"

namespace crashwright::harness {

class PendingOperations {
 public:
  explicit PendingOperations(const DurabilityModel& model);

  // Indices of what may be lost when the power goes at `point`, in order.
  [[nodiscard]] std::vector<uint32_t> at(uint32_t point) const;

 private:
  const DurabilityModel& model_;
  std::vector<uint32_t> marks_;  // the first that may be lost at every kStride-th point
};

// A crash point and how often its like came before: same kinds of operation on same kinds of path around it.
struct CrashPlace {
  uint32_t point = 0;
  uint32_t occurrence = 0;
};

// Every crash point at which something new can be found: behind each change, and behind each acknowledgement, and
// inside of none of `left_out` (null: all).
[[nodiscard]] std::vector<CrashPlace> crash_places(const Recording& recording, const HandOvers* left_out);

// Groups operations that differ in numbers of their path alone ("000012.log" and "000013.log").
[[nodiscard]] uint64_t operation_class(const Recording& recording, uint32_t index);

}  // namespace crashwright::harness
