// Looks for the syncs whose absence explains a failure: one, or else two, that were they added to the run would make
// every failing state pass, each under the profile that allows it.
//
// Tried are the file of every operation that failing states lose or that waits for a sync when the power goes, and
// the folder of its name; behind each operation of that kind, behind the last of them in a row, and before the next
// acknowledgement. One sync is preferred to two, then one of what the minimal state
// loses, then fewer calls, then the earliest place. What cannot save anything of
// some failing state is left out without being judged.
// Threads: one owner. Errors: system errors of judging.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/storage/explore/state_judge.h"

namespace crashwright::harness {

using JudgeMaker = std::function<Result<std::unique_ptr<StateJudge>>(const DurabilityModel& model)>;

// The sync that would have saved the operation, in words: "fsync of data.db", "fsync of the folder".
[[nodiscard]] std::string sync_that_saves(const Recording& recording, uint32_t index);

struct AddedSync {
  std::string text;        // "fsync of data.db after each write of data.db (30 times in this run)"
  uint32_t operation = 0;  // one that it follows
};

struct SyncAdvice {
  std::vector<AddedSync> syncs;  // all of them together; empty: none help
  size_t tried = 0;              // places, each alone and those of promise in pairs
  bool too_large = false;        // the run has too many operations to try
};

// States that a profile allows and that must pass under it.
struct FailingStates {
  const DurabilityModel* model;
  std::vector<CrashState> states;
};

// `minimal` is the minimised failing state, `failing` all that must pass: of one recording, the profile that allows the
// least first.
[[nodiscard]] Result<SyncAdvice> fewest_added_syncs(const std::vector<FailingStates>& failing,
                                                    const CrashState& minimal, const JudgeMaker& judges);

}  // namespace crashwright::harness
