#include "harness/storage/explore/hand_overs.h"

#include <algorithm>

namespace crashwright::harness {

HandOvers::HandOvers(const Recording& recording) {
  bool open = false;
  Run run{0, 0};
  uint16_t place = 0;  // of the call before which the last store came down
  const auto close = [&] {
    if (open && run.last > run.first) runs_.push_back(run);
    open = false;
  };
  for (uint32_t i = recording.initial; i < recording.size(); ++i) {
    const Operation& operation = recording.operations[i];
    if (open && recording.acked(i) > recording.acked(run.last)) close();
    if (!is_mapped_store(operation)) {
      // The call that the stores came down before, or who knows which.
      if (operation.place == place || operation.place == 0) close();
      continue;
    }
    if (open && i > run.last + 1 && operation.place != place) close();
    if (!open) run = {i, i};
    open = true;
    run.last = i;
    place = operation.place;
  }
  close();
}

const HandOvers::Run* HandOvers::run_at(uint32_t index) const {
  const auto later =
      std::upper_bound(runs_.begin(), runs_.end(), index, [](uint32_t at, const Run& run) { return at < run.first; });
  return later == runs_.begin() ? nullptr : &*(later - 1);
}

uint32_t HandOvers::behind(uint32_t point) const {
  const Run* const run = point == 0 ? nullptr : run_at(point - 1);
  return run != nullptr && point <= run->last ? run->last + 1 : point;
}

bool HandOvers::together(uint32_t a, uint32_t b) const {
  const Run* const run = run_at(a);
  return run != nullptr && run == run_at(b) && a <= run->last && b <= run->last;
}

}  // namespace crashwright::harness
