// Faults that are done to a program from outside, whatever it was built from: a signal, a call through a null pointer,
// a limit that the kernel enforces from then on, a memory cgroup.
//
// Each is proved by what the kernel says: the wait status, the cgroup's counter, a call that it refused.
// Threads: the supervisor's. Errors: none; what could not be done stays `armed`, what nobody saw stays `fired`.
#pragma once

#include <cstdint>
#include <string>

#include "harness/scenario/plan.h"
#include "rca/facts.h"

namespace crashwright::harness {

// What doing it came to.
struct OutsideFaultDone {
  uint64_t fired_ns = 0;  // 0: not done
  std::string in_force;   // what the kernel shows of a limit; empty: nothing to show
  bool handled = false;   // the program has a handler of its own for the signal
};

// `tid`: a thread that stands at the function of the fault's trigger; 0: none does.
[[nodiscard]] OutsideFaultDone do_outside_fault(const FaultPlan& fault, int32_t pid, int32_t tid);

// What in the end of the process proves that the fault had its effect; empty when nothing does. `limit_reached`: what
// the tracer saw of it (CrashTracer::limit_reached).
[[nodiscard]] std::string proof_of_outside_fault(const FaultPlan& fault, const OutsideFaultDone& done,
                                                 const rca::ProcessFacts& process, const std::string& limit_reached);

}  // namespace crashwright::harness
