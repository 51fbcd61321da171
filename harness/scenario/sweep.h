// The sweep: a kill at every fault point of the engine, at its first, a middle and its last passage, with every storage
// fault that applies there; while it trades, in the recovery that follows a death, and in the recovery of that one.
//
// The cases are scenarios like any other, with a text of their own, so that a case folder repeats itself. How often a
// point is passed is counted beforehand (harness/runner/census.h); where that differs from run to run, the last passage
// that can be relied on is called late, not last. Where it depends on how much the committer groups, so on the load of
// the machine, middle and late are the first passage behind a message of the feed.
// Threads: pure functions. Errors: none; the same census gives the same scenarios.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/scenario/loader.h"
#include "harness/scenario/scenario.h"

namespace crashwright::harness {

// Passages of one point over all counted runs: the fewest and the most in one of them.
struct PassageCount {
  std::string point;
  uint64_t least = 0;
  uint64_t most = 0;
};

struct SweepCensus {
  std::vector<PassageCount> trading;                 // of an uninterrupted first start
  std::vector<PassageCount> recovery;                // of the start after a death in the middle of the session
  std::vector<PassageCount> segments = {};           // of an uninterrupted start with small segments
  std::vector<PassageCount> segments_recovery = {};  // of the start after a death with such segments
  std::vector<PassageCount> new_session = {};        // of one whose exchange begins a new session
  std::string broken = {};                           // the first promise that was broken while counting; empty: none
};

// What no case of the sweep does, and who does it instead: one line for people.
[[nodiscard]] const char* sweep_leaves_out() noexcept;

// The sessions of the sweep. Those behind the first two are there for the points that no other session passes.
enum class SweepSession { kUsual, kCancelOnDisconnect, kSmallSegments, kNewSession };

// Such a session, as the lines `session:` and `exchange:` of a scenario.
[[nodiscard]] std::string sweep_session(const char* durability, SweepSession session);
// The first death of the cases in recovery, as a line of `faults:`.
[[nodiscard]] std::string sweep_first_death();

[[nodiscard]] std::vector<Scenario> sweep_scenarios(const SweepCensus& census);

// A scenario with `sweep:` once its points are counted: for each point and passage asked for, the scenario with its one
// fault without `at` there. Diagnostics when what came out is no scenario, a name that grew too long for one.
[[nodiscard]] Loaded unfold_sweep(const Scenario& scenario, const std::vector<PassageCount>& counts);

// The same scenario without the swept fault and what comes behind it: what the passages are counted in.
[[nodiscard]] Scenario session_to_count(const Scenario& scenario);

}  // namespace crashwright::harness
