// Events as lines of events.jsonl and back. Format: events_format.md.
//
// Threads: free functions without shared state. Errors: kCorrupt for a line that is no event of a known kind.
#pragma once

#include <string>

#include "base/result.h"
#include "harness/report/events.h"

namespace crashwright::harness {

// What run_started says of itself. A reader takes every version up to its own; of a later one it takes what it knows.
inline constexpr uint64_t kEventsVersion = 2;

// One line without its newline; text that is not UTF-8 has its bad bytes replaced.
[[nodiscard]] std::string event_to_json(const Event& event);
[[nodiscard]] Result<Event> event_from_json(const std::string& line);

}  // namespace crashwright::harness
