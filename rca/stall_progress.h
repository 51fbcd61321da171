// Whether a thread still got anywhere before the death: its records in the flight recorder.
//
// A thread that goes round in a circle often logs as it goes; one that waits is silent.
// Threads: any. Signal context: no. Errors: nothing without a flight recorder, or when the thread never logged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace crashwright::rca {

struct StallProgress {
  size_t records = 0;      // of the thread within the window
  uint64_t silent_ns = 0;  // from its last record to the last record of all
};

// `folder` holds the flight recorder of the process and its crash record; `window_ns` before the death.
[[nodiscard]] std::optional<StallProgress> stall_progress(const std::string& folder, int32_t tid, uint64_t window_ns);

}  // namespace crashwright::rca
