// Two runs side by side, case by case: which verdicts, promises, causes and times differ.
//
// Cases are the same when their ids are. Worse: a verdict further from PASS than before; a case that was interrupted is
// as bad as one in error. Threads: pure functions. Errors: none. Times differ when the longer one is half as long again
// and more than 250 ms longer: below that the machine's noise speaks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/report/event_log.h"

namespace crashwright::harness {

enum class ChangeKind { kWorse, kBetter, kNew, kGone, kOther };

[[nodiscard]] const char* change_word(ChangeKind kind) noexcept;  // "worse" "better" "new" "gone" "changed"

// How one case ended in one of the runs.
struct CaseSide {
  std::string outcome;  // "UNFINISHED" when interrupted
  std::string summary;
  std::string cause;  // "NULL_DEREF in OrderGateway::send"; "none" without an autopsy
  uint64_t duration_ns = 0;
};

struct CaseChange {
  ChangeKind kind = ChangeKind::kOther;
  std::string case_id;
  std::optional<CaseSide> before;   // empty: kNew
  std::optional<CaseSide> after;    // empty: kGone
  std::vector<std::string> broken;  // promises that held before
  std::vector<std::string> mended;  // promises that hold now
  bool cause_differs = false;
  bool time_differs = false;
};

struct RunDiff {
  std::vector<CaseChange> changes;  // worse first
  size_t same = 0;
  [[nodiscard]] size_t count(ChangeKind kind) const;
};

[[nodiscard]] RunDiff compare_runs(const RunRecord& before, const RunRecord& after);

}  // namespace crashwright::harness
