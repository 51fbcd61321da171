// Which events of a time axis `crashwright log` shows: a window of time, threads, severity, sources, a text.
//
// Threads: free functions. Errors: kUsage for a time that cannot be understood, or one that counts from a crash when
// nothing crashed. Signal context: no.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "rca/timeline.h"

namespace crashwright::harness::cli {

struct LogFilter {
  std::string around;                // duration on both sides of every crash, empty: all
  std::string since;                 // a time as time_on_axis() takes it, empty: from the start
  std::string until;                 // inclusive, empty: to the end
  std::vector<std::string> threads;  // names or thread ids, empty: all
  std::vector<std::string> sources;  // "engine" "audit" "exchange" "feed" "crash", empty: all
  std::string severity = "debug";    // and above
  std::string text;                  // must be part of the event's text, whatever its case
};

// "-50ms" and "+1s" from the first crash, "11:02:03.5" on the day of the first event, "2026-11-25T11:02:03Z"; UTC.
[[nodiscard]] Result<uint64_t> time_on_axis(const std::string& text, const rca::Timeline& timeline);

// Takes out of `timeline` what the filter does not let through; sources and their accounts stay.
[[nodiscard]] Status apply_log_filter(const LogFilter& filter, rca::Timeline& timeline);

}  // namespace crashwright::harness::cli
