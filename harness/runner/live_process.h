// The autopsy of a process that lives or hangs: its core is written from outside, and it goes on.
//
// Threads: the calling thread becomes the tracer for as long as the core takes. Signal context: no.
// Errors:  kUsage for a process that is not there, kEnvironment when tracing it is denied.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "rca/autopsy.h"

namespace crashwright::harness {

// The core goes into `folder` and stays there.
[[nodiscard]] Result<rca::AutopsyReport> autopsy_live_process(int32_t pid, const std::string& folder);

// What /proc says of it: processor time of each thread within a short window, limits, memory, descriptors, environment.
[[nodiscard]] rca::LiveObservation observe_live_process(int32_t pid);

}  // namespace crashwright::harness
