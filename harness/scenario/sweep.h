// The sweep: a kill at every fault point of the engine, at its first, a middle and its last passage, with every storage
// fault that applies there; while it trades, in the recovery that follows a death, and in the recovery of that one.
//
// The cases are scenarios like any other, with a text of their own, so that a case folder repeats itself. How often a
// point is passed is counted beforehand (harness/runner/census.h). Where that differs from run to run, the last passage
// is told by something else than its number: by the engine, which says when nothing but its last checkpoint is left
// (`passage: last`), or by the last order or message (`about`). Where nothing tells it, the last passage that can be
// relied on is taken, and called late. Where the number depends on how much the committer groups, so on the load of the
// machine, the middle is the first passage behind a message of the feed.
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
  bool announced = false;   // the engine says when it comes to the last one
  uint64_t last_about = 0;  // what the last one is about, the same in all runs; 0: not known
};

struct SweepCensus {
  std::vector<PassageCount> trading;                 // of an uninterrupted first start
  std::vector<PassageCount> recovery;                // of the start after a death in the middle of the session
  std::vector<PassageCount> segments = {};           // of an uninterrupted start with small segments
  std::vector<PassageCount> segments_recovery = {};  // of the start after a death with such segments
  std::vector<PassageCount> new_session = {};        // of one whose exchange begins a new session
  std::vector<PassageCount> sends_first = {};        // of one that logs what it has sent
  std::vector<PassageCount> sends_first_recovery = {};
  std::string broken = {};  // the first promise that was broken while counting; empty: none
};

// What no case of the sweep does, and who does it instead: one line for people.
[[nodiscard]] const char* sweep_leaves_out() noexcept;

// The sessions of the sweep. Small segments and the new session are there for the points that no other one passes.
enum class SweepSession { kUsual, kCancelOnDisconnect, kSmallSegments, kNewSession, kSendsFirst };

inline constexpr uint32_t kSweepCheckpointEvery = 40;  // audit records

// Such a session, as the lines `session:` and `exchange:` of a scenario.
[[nodiscard]] std::string sweep_session(const char* durability, SweepSession session,
                                        uint32_t checkpoint_every = kSweepCheckpointEvery);
// The first death of the cases in recovery, as a line of `faults:`.
[[nodiscard]] std::string sweep_first_death();

[[nodiscard]] std::vector<Scenario> sweep_scenarios(const SweepCensus& census);

// A scenario with `sweep:` once its points are counted: for each point and passage asked for, the scenario with its one
// fault without `at` there. Diagnostics when what came out is no scenario, a name that grew too long for one.
[[nodiscard]] Loaded unfold_sweep(const Scenario& scenario, const std::vector<PassageCount>& counts);

// The same scenario without the swept fault and what comes behind it: what the passages are counted in.
[[nodiscard]] Scenario session_to_count(const Scenario& scenario);

}  // namespace crashwright::harness
