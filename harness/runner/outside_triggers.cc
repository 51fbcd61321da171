#include "harness/runner/outside_triggers.h"

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

void OutsideTriggers::on_line(const std::string& line) {
  for (Waiting& waiting : waiting_) {
    const FaultPlan& fault = plan_.faults[waiting.plan_fault];
    if (fault.output.empty() || line.find(fault.output) == std::string::npos) continue;
    if (++waiting.lines == fault.hit) fire(waiting, 0);
  }
}

void OutsideTriggers::take_acknowledgement(const std::string& line) {
  if (std::string_view(line).substr(0, kAckWord.size()) != kAckWord) return;
  acknowledged_.push_back(line.substr(kAckWord.size()));
}

void OutsideTriggers::read(bool firing) {
  const auto take = [&](const std::string& line) {
    take_acknowledgement(line);
    if (firing) on_line(line);
  };
  stdout_.read(take);
  acknowledgements_.read(take);
  stderr_.read([&](const std::string& line) {
    if (firing) on_line(line);
  });
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

std::vector<size_t> OutsideTriggers::begin(int32_t pid) {
  std::vector<size_t> of_the_block;
  for (Waiting& waiting : waiting_) {
    const FaultPlan& fault = plan_.faults[waiting.plan_fault];
    if (!fault.output.empty() || !fault.function.empty() || fault.elapsed_ns > 0) continue;
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
