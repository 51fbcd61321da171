#include "harness/runner/outside_triggers.h"

#include <algorithm>
#include <string_view>

namespace crashwright::harness {
namespace {

constexpr std::string_view kAckWord = "ack ";

}  // namespace

using postmortem::FaultTrigger;

OutsideTriggers::OutsideTriggers(const Plan& plan, uint32_t incarnation, const std::string& folder)
    : plan_(plan),
      stdout_(folder + "/stdout.txt"),
      stderr_(folder + "/stderr.txt"),
      acknowledgements_(folder + "/acknowledged.txt"),
      done_(plan.faults.size()) {
  for (size_t i = 0; i < plan.faults.size(); ++i) {
    const FaultPlan& fault = plan.faults[i];
    // A fault at a fault point is the program's own business, one at rest is done when nothing runs.
    if (fault.incarnation == incarnation && fault.point.empty() && !fault.at_rest()) waiting_.push_back({i});
  }
}

std::vector<TracedBreakpoint> OutsideTriggers::breakpoints() {
  std::vector<TracedBreakpoint> breakpoints;
  for (size_t i = 0; i < waiting_.size(); ++i) {
    const FaultPlan& fault = plan_.faults[waiting_[i].plan_fault];
    if (fault.function.empty()) continue;
    breakpoints.push_back({FunctionBreakpoint(fault.function, fault.hit, fault.thread),
                           [this, i](int32_t tid) { fire(waiting_[i], tid); },
                           {}});
  }
  return breakpoints;
}

void OutsideTriggers::fire(Waiting& waiting, int32_t tid) {
  if (waiting.due) return;
  waiting.due = true;
  act_(waiting.plan_fault, tid);
}

void OutsideTriggers::on_line(const std::string& line, bool firing) {
  if (!line.empty()) last_line_ = line;
  for (Waiting& waiting : waiting_) {
    const FaultPlan& fault = plan_.faults[waiting.plan_fault];
    if (fault.output.empty() || line.find(fault.output) == std::string::npos) continue;
    if (++waiting.lines == fault.hit && firing) fire(waiting, 0);
  }
}

bool OutsideTriggers::is_due(size_t plan_fault) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const Waiting& waiting) { return waiting.plan_fault == plan_fault && waiting.due; });
}

uint64_t OutsideTriggers::lines_with_text(size_t plan_fault) const {
  for (const Waiting& waiting : waiting_) {
    if (waiting.plan_fault == plan_fault) return waiting.lines;
  }
  return 0;
}

bool OutsideTriggers::take_acknowledgement(const std::string& line) {
  if (std::string_view(line).substr(0, kAckWord.size()) != kAckWord) return false;
  acknowledged_.push_back(line.substr(kAckWord.size()));
  return true;
}

void OutsideTriggers::read(bool firing) {
  // An acknowledgement is a line like any other to a fault that waits for it.
  const auto take = [&](const std::string& line) {
    const std::string before = last_line_;
    on_line(line, firing);
    if (take_acknowledgement(line)) last_line_ = before;
  };
  stdout_.read(take);
  acknowledgements_.read(take);
  stderr_.read([&](const std::string& line) { on_line(line, firing); });
}

void OutsideTriggers::look(uint64_t running_ns) {
  read(true);
  for (Waiting& waiting : waiting_) {
    const FaultPlan& fault = plan_.faults[waiting.plan_fault];
    const bool timed = fault.output.empty() && fault.function.empty();
    if (timed && running_ns >= fault.elapsed_ns) fire(waiting, 0);
  }
}

void OutsideTriggers::read_rest() { read(false); }

bool OutsideTriggers::from_the_start(const Waiting& waiting) const {
  const FaultPlan& fault = plan_.faults[waiting.plan_fault];
  return fault.output.empty() && fault.function.empty() && fault.elapsed_ns == 0;
}

std::optional<Refusal> OutsideTriggers::refusal_from_the_start() const {
  for (const Waiting& waiting : waiting_) {
    const FaultPlan& fault = plan_.faults[waiting.plan_fault];
    if (fault.outside == OutsideAction::kLimit && from_the_start(waiting)) return refusal_of(fault.limit);
  }
  return std::nullopt;
}

std::vector<size_t> OutsideTriggers::begin(int32_t pid) {
  std::vector<size_t> of_the_block;
  for (Waiting& waiting : waiting_) {
    const FaultPlan& fault = plan_.faults[waiting.plan_fault];
    if (!from_the_start(waiting)) continue;
    waiting.due = true;
    if (fault.outside == OutsideAction::kNothing) {
      of_the_block.push_back(waiting.plan_fault);
    } else {
      perform(waiting.plan_fault, pid, 0);
    }
  }
  return of_the_block;
}

void OutsideTriggers::perform(size_t plan_fault, int32_t pid, int32_t tid) {
  done_.at(plan_fault) = do_outside_fault(plan_.faults.at(plan_fault), pid, tid);
}

}  // namespace crashwright::harness
