// When the faults of a program that links nothing are due: so long after its start, at a line of its output, or at the
// n-th call of one of its functions.
//
// Threads: the supervisor's. Errors: none; a function that is not there is told by failures() and never due.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/runner/crash_tracer.h"
#include "harness/runner/outside_fault.h"
#include "harness/runner/tailed_file.h"

namespace crashwright::harness {

class OutsideTriggers {
 public:
  // `tid`: the thread that stands at the function, 0 for other triggers.
  using Act = std::function<void(size_t plan_fault, int32_t tid)>;

  // Those of the plan that belong to the start `incarnation`. What it prints goes to stdout.txt, stderr.txt and, its
  // acknowledgements, to acknowledged.txt in `folder`.
  OutsideTriggers(const Plan& plan, uint32_t incarnation, const std::string& folder);
  OutsideTriggers(const OutsideTriggers&) = delete;
  OutsideTriggers& operator=(const OutsideTriggers&) = delete;

  // For the tracer; they refer to this object.
  [[nodiscard]] std::vector<TracedBreakpoint> breakpoints();
  // Before the program is executed: does what waits for nothing, so that it holds from its first instruction on. Those
  // faults of the plan that only the control block can arm are the answer.
  [[nodiscard]] std::vector<size_t> begin(int32_t pid);

  // How the kernel shows that a limit, in force from the start, was reached.
  [[nodiscard]] std::optional<Refusal> refusal_from_the_start() const;

  // What is done when a fault is due; set before the first look().
  void act_by(Act act) { act_ = std::move(act); }
  // `running_ns`: since the start.
  void look(uint64_t running_ns);
  // After its end: what it printed last fires nothing any more.
  void read_rest();
  [[nodiscard]] bool is_due(size_t plan_fault) const;
  // Lines with the text that the fault waits for, and the last of all lines that it printed; no acknowledgements.
  [[nodiscard]] uint64_t lines_with_text(size_t plan_fault) const;
  [[nodiscard]] const std::string& last_line() const { return last_line_; }
  // Tokens of the lines `ack TOKEN` so far, in order.
  [[nodiscard]] const std::vector<std::string>& acknowledged() const { return acknowledged_; }

  // Does a fault that the control block knows nothing of, and remembers what it came to.
  void perform(size_t plan_fault, int32_t pid, int32_t tid);
  [[nodiscard]] const OutsideFaultDone& done(size_t plan_fault) const { return done_.at(plan_fault); }

 private:
  struct Waiting {
    size_t plan_fault;
    uint64_t lines = 0;  // seen with its text
    bool due = false;
  };

  [[nodiscard]] bool from_the_start(const Waiting& waiting) const;
  void read(bool firing);
  void on_line(const std::string& line, bool firing);
  [[nodiscard]] bool take_acknowledgement(const std::string& line);
  void fire(Waiting& waiting, int32_t tid);

  const Plan& plan_;
  TailedFile stdout_;
  TailedFile stderr_;
  TailedFile acknowledgements_;
  std::vector<std::string> acknowledged_;
  std::string last_line_;
  std::vector<Waiting> waiting_;
  std::vector<OutsideFaultDone> done_;
  Act act_;
};

}  // namespace crashwright::harness
