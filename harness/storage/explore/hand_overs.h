// Where stores to mappings reached the record: runs of page writes that came down together.
//
// Stores come down ahead of a call (call_watch.h) or when the kernel writes back, page by page, in the order of pages
// and not in that in which the program stored. The crash points between the pages of one run are states that a power
// loss may leave, for it may keep any of the pages; no process that died ever left one, for all of them were in memory.
// A run goes on over what other threads did meanwhile, as far as the places of the calls tell; an acknowledgement ends
// it. What another thread stores while pages come down may still stand behind what was stored later.
// Threads: immutable once made. Errors: none.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/storage/explore/recording.h"

namespace crashwright::harness {

[[nodiscard]] inline bool is_mapped_store(const Operation& operation) noexcept {
  return operation.kind == OperationKind::kWrite && (operation.flags & kFromMapping) != 0;
}

class HandOvers {
 public:
  explicit HandOvers(const Recording& recording);

  // The first crash point from `point` on that lies inside of none.
  [[nodiscard]] uint32_t behind(uint32_t point) const;
  [[nodiscard]] bool inside(uint32_t point) const { return behind(point) != point; }
  // Did these two operations come down together?
  [[nodiscard]] bool together(uint32_t a, uint32_t b) const;

 private:
  struct Run {
    uint32_t first;
    uint32_t last;
  };
  // The last that begins at `index` or before; null: none does.
  [[nodiscard]] const Run* run_at(uint32_t index) const;

  std::vector<Run> runs_;  // of two stores and more, in order
};

}  // namespace crashwright::harness
