// The mock engine's own recovery as the judge of crash images: it is started with --recover-only on each.
//
// Violated: the recovery refuses, dies or tells no state; what it recovered lacks what had been promised
// (session_promises.h) or is not what the exchange had told; or the log says that a checkpoint was written which the
// state store does not hold. An error, never clean: wrong use, no disk, too long a time.
// Threads: the factory from any thread, each judge one owner. Errors: as ImageJudge.
#pragma once

#include <chrono>
#include <string>

#include "harness/scenario/plan.h"
#include "harness/storage/explore/judge.h"
#include "harness/storage/explore/session_promises.h"

namespace crashwright::harness {

struct RecoveryJudgeOptions {
  const Plan* plan = nullptr;  // of the session: its options, build and planted bugs; outlives the factory
  std::string program;         // of the plan's build
  std::chrono::milliseconds patience{30'000};
};

// `promises` outlives the factory.
[[nodiscard]] JudgeFactory recovery_judges(const RecoveryJudgeOptions& options, const SessionPromises& promises);

}  // namespace crashwright::harness
