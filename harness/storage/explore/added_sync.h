// Looks for the one sync whose absence explains a failure: added to the run wherever a kind of operation happens, it
// makes every failing state pass.
//
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

// Only syncs of what `minimal`, the minimised failing state, loses are tried.
// "fsync of data.db after each write of data.db (30 times)"; empty when no single kind of sync helps. Of several the
// one that is called least often.
[[nodiscard]] Result<std::string> smallest_added_sync(const DurabilityModel& model, const CrashState& minimal,
                                                      const std::vector<CrashState>& failing, const JudgeMaker& judges);

}  // namespace crashwright::harness
