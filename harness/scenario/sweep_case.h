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
// Message behind which most orders were sent, and some more and a checkpoint are still to come.
inline constexpr uint64_t kSweepLateInFeed = 2'600;

// Where a fault of a file is waited for. Of a snapshot that fails only the write counts that is met: what lies between
// two of them changes nothing.
enum class SweptReach { kEveryPoint, kCheckpointsOnly };

// One column of the matrix: what happens at the point, and what the session must promise for it.
struct SweptFault {
  const char* label;
  const char* kind;
  const char* arguments;  // further keys of the fault, each followed by ", "
  const char* durability;
  const char* profile;  // of `storage:`; empty: none
  const char* file;     // that the fault waits for; empty: it happens at the point itself
  SweptReach reach = SweptReach::kEveryPoint;
};

// Those that end the engine, the plain SIGKILL first, and the short write.
[[nodiscard]] std::span<const SweptFault> swept_faults();

// In which start of which session: `deaths` are the lines of the faults that lead to it.
struct SweepPlace {
  const char* name;
  SweepSession session = SweepSession::kUsual;
  std::string deaths{};
  uint32_t checkpoint_every = kSweepCheckpointEvery;

  [[nodiscard]] bool in_recovery() const { return !deaths.empty(); }
  [[nodiscard]] bool cancels() const { return session == SweepSession::kCancelOnDisconnect; }
};

// What a session must promise, and the start after its last death.
struct SweepPromise {
  const char* why;
  const char* durability;
  const char* refusal = nullptr;  // what it must say when it is to refuse; "": an account of the damage; null: goes on
  const char* profile = "";       // of `storage:`; empty: none
};

// The crash handler's own point, which an engine passes that has crashed already and sends no order any more.
[[nodiscard]] bool is_off_the_path(const std::string& point);
// Points in front of the write of a snapshot.
[[nodiscard]] bool is_before_a_snapshot(const std::string& point);

// Whether the fault can be met at that point and passage.
[[nodiscard]] bool applies(const SweptFault& fault, const std::string& point, const SweepPassage& passage);

// One line of `faults:`.
[[nodiscard]] std::string fault_line(const std::string& kind, const std::string& arguments, const std::string& point,
                                     const SweepPassage& passage, bool in_recovery);

// "LABEL at POINT, first passage": what the name of a case says of it.
[[nodiscard]] std::string at_passage(const std::string& label, const std::string& point, const SweepPassage& passage);

// `what` is behind the place in the name, `faults` are the lines behind its deaths. The text is a valid scenario.
[[nodiscard]] Scenario sweep_case(const SweepPlace& place, const std::string& what, const std::string& faults,
                                  const SweepPromise& promise);

[[nodiscard]] Scenario sweep_case(const SweepPlace& place, const SweptFault& fault, const std::string& point,
                                  const SweepPassage& passage);

// The passages that a sweep takes of a point in a start of that place.
[[nodiscard]] std::vector<SweepPassage> swept_passages(const PassageCount& count);

}  // namespace crashwright::harness
