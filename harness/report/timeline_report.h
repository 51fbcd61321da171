// A time axis as people and tools read it: text lines, JSON lines, a trace for ui.perfetto.dev.
//
// Text and names that came from a dying program are shown without control characters, in JSON with what is not UTF-8
// replaced. Threads: free functions without shared state. Errors: none. Signal context: no.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "rca/timeline.h"

namespace crashwright::harness {

struct TimelineTextStyle {
  bool colour = false;
  size_t width = 0;                     // wrap at this column; 0: one line for each event
  std::optional<uint64_t> relative_ns;  // show times as distance from this one, on the axis
};

// "11:02:03.123456 W trading    risk gate: ..." with a line in front for each new day (UTC). Severities are D I W E,
// the death is marked with X.
[[nodiscard]] std::string timeline_text(const rca::Timeline& timeline, const TimelineTextStyle& style);

// What was read, how much of it, and what was refused: one line each.
[[nodiscard]] std::string timeline_account(const rca::Timeline& timeline);

// One JSON object a line: first {"record":"source",...} for each source, then {"record":"event",...} in order of time.
[[nodiscard]] std::string timeline_json_lines(const rca::Timeline& timeline);

// Chrome's JSON trace event format: an instant event each, a track per thread, processes named after their source.
[[nodiscard]] std::string timeline_perfetto(const rca::Timeline& timeline);

}  // namespace crashwright::harness
