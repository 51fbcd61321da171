// The names of causes: the words that the autopsy answers in, the same in YAML, C++, JSON and every report.
//
// Each cause has a family (the first half of a signature) and may refine more general ones: SIGABRT alone says ABORT, a
// failed assertion explains the abort, so that the two agree rather than contradict each other.
// Threads: any. Signal context: no.
#pragma once

#include <span>
#include <string_view>

namespace crashwright::rca {

struct Cause {
  const char* name;     // "NULL_DEREF"
  const char* family;   // "MEMORY"
  const char* meaning;  // one line for people
};

[[nodiscard]] std::span<const Cause> all_causes() noexcept;
// The entry of that name, or that of UNKNOWN.
[[nodiscard]] const Cause& find_cause(std::string_view name) noexcept;

// True when `specific` explains evidence for `general`: ASSERTION refines ABORT.
[[nodiscard]] bool refines(std::string_view specific, std::string_view general) noexcept;

}  // namespace crashwright::rca
