// Judges the crash states of one recording under one profile, in parallel, within a budget.
//
// What is judged and found depends on recording, profile, seed and budget alone, not on how many workers there are and
// who of them is faster: a batch of states is hashed by all of them, what is new is chosen in the order of the batch,
// judged by all of them, and counted in that order again. Only a limit in time or an interruption cuts it anywhere.
// Threads: explore() runs `jobs` workers and returns when they are done; judges are made one a worker.
// Errors:  the first system error ends everything. A checker's error is counted, shown and never taken for clean.
#pragma once

#include <chrono>
#include <functional>
#include <unordered_set>
#include <vector>

#include "harness/storage/explore/crash_state.h"
#include "harness/storage/explore/judge.h"

namespace crashwright::harness {

struct ExploreOptions {
  uint64_t seed = 1;
  uint64_t states_max = 2'000;            // distinct states judged, per profile
  std::chrono::milliseconds time_max{0};  // 0: no limit
  unsigned jobs = 2;
  std::string scratch;  // existing folder for the workers
  // Called now and then, from any worker.
  std::function<void(const std::string& profile, uint64_t judged, uint64_t violated)> progress;
};

// States that fail alike: same text of the judge, but for its numbers.
struct FailureGroup {
  std::string reason;  // first line of the first of them
  uint64_t states = 0;
  std::vector<CrashState> examples;  // the simplest first (is_simpler), at most kExamplesMax
  std::vector<CrashState> variety;   // one for each set of kinds of operation lost, as they came, at most kVarietyMax
  ImageVerdict verdict;              // of examples.front()
};

// What ended it.
enum class ExplorationEnd : uint8_t {
  kNothingNew,  // no new state was found any more
  kStates,      // as many were judged as were to be
  kTime,        // the limit in time was reached
  kErrors,      // the checker could not judge
  kInterrupted,
};
[[nodiscard]] const char* exploration_end_name(ExplorationEnd end) noexcept;  // "nothing_new"

struct Exploration {
  uint64_t states = 0;      // distinct ones judged
  uint64_t candidates = 0;  // built, those judged before included
  uint64_t violated = 0;
  uint64_t checker_errors = 0;
  std::string first_error;           // all that the checker said
  std::vector<FailureGroup> groups;  // most states first
  ExplorationEnd end = ExplorationEnd::kNothingNew;
  size_t steps_done = 0;   // kinds of loss at crash points that were gone through, of
  size_t steps_known = 0;  // all that are worth it; drawn states are beside them
  size_t pairs_known = 0;
  size_t pairs_covered = 0;
  double seconds = 0;
  uint64_t image_bytes_written = 0;
};

// Hashes of states judged before, so that no state is judged twice under any profile.
using JudgedStates = std::unordered_set<uint64_t>;

[[nodiscard]] Result<Exploration> explore(const DurabilityModel& model, const JudgeFactory& judges,
                                          JudgedStates& judged, const ExploreOptions& options);

// Numbers do not make a reason another one.
[[nodiscard]] std::string general_reason(const std::string& text);

}  // namespace crashwright::harness
