// What a case of the sweep is made of: a place, a fault and a passage, as the text of a scenario. Inside
// harness/scenario only.
//
// Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"
#include "harness/scenario/sweep.h"
#include "harness/scenario/sweep_passages.h"

namespace crashwright::harness {

// Message of the feed, of 3,000, behind which orders are decided and the last checkpoint comes; the first death of the
// cases in recovery lies before it.
inline constexpr uint64_t kSweepMiddleOfFeed = 1'800;

// Where a fault of a file is waited for. A device that fails is met in the same way whatever the exchange cancels, and
// of a snapshot only the write counts that is met: what lies between two of them changes nothing.
enum class SweptReach { kEverySession, kNotCancelling, kCheckpointsOnly };

// One column of the matrix: what happens at the point, and what the session must promise for it.
struct SweptFault {
  const char* label;
  const char* kind;
  const char* arguments;  // further keys of the fault, each followed by ", "
  const char* durability;
  const char* profile;  // of `storage:`; empty: none
  const char* file;     // that the fault waits for; empty: it happens at the point itself
  SweptReach reach = SweptReach::kEverySession;
};

// Those that end the engine, the plain SIGKILL first, and the short write.
[[nodiscard]] std::span<const SweptFault> swept_faults();

// In which start of which session: `deaths` are the lines of the faults that lead to it.
struct SweepPlace {
  const char* name;
  SweepSession session = SweepSession::kUsual;
  std::string deaths{};

  [[nodiscard]] bool in_recovery() const { return !deaths.empty(); }
};

// Points that lie on no order's way: a log call, and the crash handler's own.
[[nodiscard]] bool is_off_the_path(const std::string& point);
// Points in front of the write of a snapshot.
[[nodiscard]] bool is_before_a_snapshot(const std::string& point);

// Whether the fault can be met at that point and passage of that session.
[[nodiscard]] bool applies(const SweptFault& fault, const std::string& point, const SweepPassage& passage,
                           SweepSession session);

// One line of `faults:`.
[[nodiscard]] std::string fault_line(const std::string& kind, const std::string& arguments, const std::string& point,
                                     const SweepPassage& passage, bool in_recovery);

// `head`: the lines before `faults:`, `tail`: those behind. The text is a valid scenario.
[[nodiscard]] Scenario sweep_case(const std::string& name, const char* why, const std::string& session,
                                  const std::string& faults, const std::string& tail);

[[nodiscard]] Scenario sweep_case(const SweepPlace& place, const SweptFault& fault, const std::string& point,
                                  const SweepPassage& passage);

// The passages that a sweep takes of a point in a start of that place.
[[nodiscard]] std::vector<SweepPassage> swept_passages(const PassageCount& count);

}  // namespace crashwright::harness
