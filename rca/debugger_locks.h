// A deadlock in what a debugger printed: "thread apply all bt" with two threads or more in pthread_mutex_lock, and the
// owners of the mutexes where somebody asked for them.
//
// Threads: any. Signal context: no. Errors: none; no deadlock is an empty answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {

// A circle of owners is a deadlock. Without owners two threads that wait for two mutexes make one likely, not certain.
[[nodiscard]] std::vector<Evidence> debugger_lock_evidence(const std::vector<std::string_view>& lines,
                                                           const std::string& source);

}  // namespace crashwright::rca
