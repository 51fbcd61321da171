#include "harness/runner/plan_queue.h"

namespace crashwright::harness {

using verifiers::Outcome;

PlanQueue::PlanQueue(const std::vector<Plan>& plans, const RunOptions& options) : options_(options), round_(&plans) {}

bool PlanQueue::limit_reached() {
  const RunLimits& limits = options_.limits;
  if (limits.failures_max > 0 && failures_ >= limits.failures_max) {
    stopped_by_ = "--max-fail";
  } else if (limits.duration_ns > 0 && monotonic_ns() - started_ns_ >= limits.duration_ns) {
    stopped_by_ = "--for";
  }
  return !stopped_by_.empty();
}

bool PlanQueue::refill() {
  if (!options_.further_round) return false;
  std::vector<Plan> plans = options_.further_round(++round_number_);
  if (plans.empty()) return false;
  round_ = &further_.emplace_back(std::move(plans));
  next_ = 0;
  return true;
}

PlanQueue::Taken PlanQueue::take() {
  const std::lock_guard lock(mutex_);
  const bool more = next_ < round_->size() || options_.further_round;
  if (!more || limit_reached() || (next_ >= round_->size() && !refill())) return {};
  ended_.emplace_back();
  return {&(*round_)[next_++], ended_.size() - 1};
}

void PlanQueue::finished(size_t place, std::optional<CaseFinished> ended) {
  const std::lock_guard lock(mutex_);
  if (ended && (ended->outcome == Outcome::kFail || ended->outcome == Outcome::kError)) ++failures_;
  ended_[place] = std::move(ended);
}

std::vector<CaseFinished> PlanQueue::results() {
  const std::lock_guard lock(mutex_);
  std::vector<CaseFinished> cases;
  for (std::optional<CaseFinished>& one : ended_) {
    if (one) cases.push_back(std::move(*one));
  }
  return cases;
}

}  // namespace crashwright::harness
