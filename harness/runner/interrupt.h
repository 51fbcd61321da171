// SIGINT and SIGTERM: the run in progress ends its processes, undoes everything, keeps the results so far.
//
// Threads: any. Signal context: interrupt_runs() and interrupted() yes.
#pragma once

namespace crashwright::harness {

// Asks every run of this process to stop; they notice within milliseconds.
void interrupt_runs() noexcept;
[[nodiscard]] bool interrupted() noexcept;
// For tests that interrupt more than once in a process.
void clear_interrupt() noexcept;

// SIGINT and SIGTERM call interrupt_runs() while an object lives; the former handlers come back with its end. A second
// signal has its usual effect.
class InterruptSignals {
 public:
  InterruptSignals();
  ~InterruptSignals();
  InterruptSignals(const InterruptSignals&) = delete;
  InterruptSignals& operator=(const InterruptSignals&) = delete;
};

}  // namespace crashwright::harness
