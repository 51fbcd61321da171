// The trials of `crashwright shrink`: each runs one changed scenario and says whether it still fails the same way.
//
// All trials share one run folder, removed when this goes. Threads: the main thread. Errors: kUsage for a scenario
// that cannot be planned, kEnvironment when nothing can be run.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "harness/cli/recorded_case.h"
#include "harness/report/events.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/run.h"
#include "harness/scenario/shrink.h"

namespace crashwright::harness::cli {

struct ShrinkRequest {
  uint64_t seed = 1;
  std::string build;
  std::string engine;
  std::string out = "crashwright-out";
  uint64_t trials_max = 100;
  uint64_t duration_ns = 0;  // 0: no limit
};

// What makes two failures the same: verdict, cause, and no promise broken that was not broken before; of a case that is
// INCONCLUSIVE also the reason, numbers aside.
struct FailureKey {
  verifiers::Outcome outcome = verifiers::Outcome::kPass;
  std::string cause;
  std::string reason;
  std::set<std::string> broken;
};

[[nodiscard]] FailureKey failure_key(const CaseFinished& done);
[[nodiscard]] bool fails_like(const FailureKey& original, const FailureKey& other);

class ShrinkTrials {
 public:
  // Runs the case as it is.
  [[nodiscard]] static Result<std::unique_ptr<ShrinkTrials>> begin(const RecordedCase& recorded,
                                                                   const ShrinkRequest& request);
  ~ShrinkTrials();
  ShrinkTrials(const ShrinkTrials&) = delete;
  ShrinkTrials& operator=(const ShrinkTrials&) = delete;

  // Tells on standard output what was tried and what came of it.
  [[nodiscard]] Trial attempt(const std::string& what, const std::string& scenario_text);

  [[nodiscard]] bool original_fails() const { return key_.outcome != verifiers::Outcome::kPass; }
  // Why the original fails, or what came of it instead.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  // A fault of the original never fired: what there is shows nothing, and less of it would show something else.
  [[nodiscard]] bool fault_never_fired() const { return fault_never_fired_; }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] double seconds() const;
  [[nodiscard]] const std::string& ended_by() const { return ended_by_; }  // empty: nothing more to try
  [[nodiscard]] bool interrupted() const;

 private:
  ShrinkTrials(const RecordedCase& recorded, const ShrinkRequest& request);
  [[nodiscard]] Result<CaseFinished> run(const std::string& scenario_text);
  [[nodiscard]] bool limit_reached();

  RecordedCase recorded_;
  ShrinkRequest request_;
  RunOptions options_;
  InterruptSignals signals_;
  FailureKey key_;
  std::string failure_;
  bool fault_never_fired_ = false;
  std::string ended_by_;
  uint64_t started_ns_;
  uint64_t count_ = 0;
};

}  // namespace crashwright::harness::cli
