// One recorded run explored under several profiles, weakest first, with its failures explained.
//
// An image that one profile allows is not judged again under the next. Of each kind of failure the state with the
// fewest losses is minimised and named by the weakest profile that shows it; the added syncs that are named for it hold
// for every profile (finding_advice.h).
// Threads: as explore(). Errors: as explore().
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/storage/explore/call_places.h"
#include "harness/storage/explore/explorer.h"
#include "harness/storage/explore/finding.h"

namespace crashwright::harness {

struct CampaignOptions {
  std::vector<StorageProfile> profiles;
  ExploreOptions explore;        // per profile; `scratch` for all
  std::string evidence_folder;   // empty: no images are kept; those of an earlier exploration go
  CallPlaces* places = nullptr;  // of the recording; null: nobody asked
  // The program ended by itself and nothing was made to go wrong: what is there at the end is what it wanted, and a
  // checker that calls that violated tells nothing of any loss of power.
  bool ended_well = false;
  std::function<void(const std::string& what)> phase = {};  // called when something else than judging states begins
};

struct ProfileSummary {
  std::string profile;
  uint64_t states = 0;
  uint64_t candidates = 0;
  uint64_t violated = 0;
  ExplorationEnd end = ExplorationEnd::kNothingNew;
  size_t steps_done = 0;
  size_t steps_known = 0;
  size_t pairs_known = 0;
  size_t pairs_covered = 0;
  double seconds = 0;
};

struct CampaignResult {
  uint64_t states = 0;
  uint64_t violated = 0;
  uint64_t checker_errors = 0;
  std::string first_error;
  bool interrupted = false;  // by a signal, before all was judged that was to be judged
  std::vector<ProfileSummary> profiles;
  std::vector<StorageFinding> findings;
  size_t unexplained = 0;         // kinds of failure beyond those that a profile's findings explain
  double minimising_seconds = 0;  // to the fewest losses, all findings
  double advising_seconds = 0;    // trying added syncs, all findings
  // Set: the checker calls the end of the run violated, where nothing is lost. No state was judged then.
  std::optional<ImageVerdict> untouched;
};

// What CampaignResult::untouched means, for people.
inline constexpr const char* kUntouchedMeans =
    "all that the program did is there and nothing is lost, so no loss of power is to blame: the checker is wrong, or "
    "what the program itself leaves at its end is; no state was judged";

[[nodiscard]] Result<CampaignResult> run_campaign(const Recording& recording, const JudgeFactory& judges,
                                                  const CampaignOptions& options);

}  // namespace crashwright::harness
