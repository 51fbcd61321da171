// The runs of several machines as one run: every share of a campaign, or any runs at all.
//
// Shares (`--shard`) belong together when they have the same seed and number of shares. One that was run twice counts
// by its last complete run, so a share whose machine was lost is run again and merged with the rest. A share that
// nobody brought is named, and the merged run is no more complete than that: INCONCLUSIVE at best. Runs that are no
// shares are put side by side; a case that two of them have is kept from both, the later one under the name
// "<case>~2".
// Threads: pure functions. Errors: kUsage for shares of different campaigns.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "harness/report/event_log.h"

namespace crashwright::harness {

struct MergePart {
  std::string folder;  // absolute
  RunRecord record;
};

// `folder`: where the merged run will be, absolute; the cases' folders are named from there. `finished` is left empty.
[[nodiscard]] Result<RunRecord> merge_runs(std::vector<MergePart> parts, const std::string& folder);

// The events of a run, in an order in which they can have happened.
[[nodiscard]] std::vector<Event> events_of(const RunRecord& run);

}  // namespace crashwright::harness
