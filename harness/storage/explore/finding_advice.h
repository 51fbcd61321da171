// Which added syncs would have made a finding's failing states pass, in words, under every profile that was asked for.
//
// What one profile shows, one that allows more shows too: the states that failed under the first must pass under both.
// Where no sync in one place, and no two, do for all of them, the advice is for the weaker ones, and says so. A sync
// that failed and was acknowledged nevertheless is told instead (failed_sync.h).
// Threads: one owner. Errors: system errors of judging.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/storage/explore/added_sync.h"
#include "harness/storage/explore/finding.h"

namespace crashwright::harness {

// States that failed alike, and the profile that was explored then.
struct FailedUnder {
  StorageProfile profile;
  std::vector<CrashState> states;
};

struct AdviceQuestion {
  const Recording& recording;
  const std::vector<StorageProfile>& profiles;               // all that were asked for, weakest first
  const std::vector<FailedUnder>& failed;                    // of this finding, in that order
  std::function<std::string(uint32_t operation)> issued_by;  // empty text: unknown
  JudgeMaker judges;
};

// Sets `fix`, or leaves it empty and sets `no_fix` to the reason, unless that is known already.
[[nodiscard]] Status advise(const AdviceQuestion& question, StorageFinding& finding);

}  // namespace crashwright::harness
