// An exploration for machines: `--json FILE` of `crashwright storage explore`, exploration.json of a case folder.
//
//   verdict           clean, violated, error (nothing violated, but the checker could not judge every state; or, with
//                     untouched_folder_violated, what it printed: it is violated where nothing is lost), or interrupted
//                     (nothing violated in the part that was judged)
//   states            distinct states judged
//   findings          profile, reason, operations_lost, lost_along, states, crash_point, after, added_sync, ...
//   profiles          what each of them came to
// The same record, options and seed give the same text, whatever the number of jobs; no time is in it.
// Threads: free functions without shared state.
#pragma once

#include <string>

#include "harness/storage/explore/campaign.h"

namespace crashwright::harness {

[[nodiscard]] const char* exploration_verdict(const CampaignResult& result) noexcept;
[[nodiscard]] std::string exploration_json(const CampaignResult& result, const Recording& recording, uint64_t seed);

}  // namespace crashwright::harness
