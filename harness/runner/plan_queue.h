// The cases of a run, handed out to its workers one by one until none is left or a limit is reached.
//
// Threads: all functions may be called from any worker. Errors: none. Plans that were handed out stay where they are
// until the queue goes.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "harness/runner/run.h"

namespace crashwright::harness {

class PlanQueue {
 public:
  // `plans` and `options` must outlive it.
  PlanQueue(const std::vector<Plan>& plans, const RunOptions& options);

  struct Taken {
    const Plan* plan = nullptr;  // null: begin nothing more
    size_t place = 0;            // for finished()
  };
  [[nodiscard]] Taken take();
  // The case at `place` has ended; nothing: it was interrupted.
  void finished(size_t place, std::optional<CaseFinished> ended);

  // Those that ended, in order of the plans. Once all workers are done.
  [[nodiscard]] std::vector<CaseFinished> results();
  // RunSummary::stopped_by
  [[nodiscard]] const std::string& stopped_by() const { return stopped_by_; }

 private:
  [[nodiscard]] bool limit_reached();
  [[nodiscard]] bool refill();

  const RunOptions& options_;
  const uint64_t started_ns_ = monotonic_ns();
  std::mutex mutex_;
  const std::vector<Plan>* round_;
  size_t next_ = 0;  // in `round_`
  uint64_t round_number_ = 0;
  std::list<std::vector<Plan>> further_;
  std::vector<std::optional<CaseFinished>> ended_;
  uint64_t failures_ = 0;
  std::string stopped_by_;
};

}  // namespace crashwright::harness
