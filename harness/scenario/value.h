// Scalars of the scenario language: text to number, duration, size, probability, or why not.
//
// Strict on purpose: `010`, `1e3`, `0x10`, `+5` and `1_000` are refused rather than guessed, durations and sizes need
// their unit, and `yes`, `on`, `True` are no booleans.
// Threads: free functions without shared state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "harness/scenario/scenario.h"

namespace crashwright::harness {

// Why a text is no value of its type; `code` is one of diagnostic.h.
struct ValueError {
  std::string_view code;
  std::string message;  // "wants a duration with its unit, not 50"
  std::string hint;
};

template <typename T>
using ValueResult = tl::expected<T, ValueError>;

[[nodiscard]] ValueResult<uint64_t> parse_count(std::string_view text);
[[nodiscard]] ValueResult<bool> parse_flag(std::string_view text);              // true, false
[[nodiscard]] ValueResult<uint64_t> parse_duration_ns(std::string_view text);   // 50ms, 1.5s; ns us ms s min h
[[nodiscard]] ValueResult<uint64_t> parse_size_bytes(std::string_view text);    // 512B, 4KiB; B KiB MiB GiB
[[nodiscard]] ValueResult<uint64_t> parse_fraction_ppb(std::string_view text);  // 0.25, 25%: billionths of one
// "add the unit: 30s for example": the first usual unit that brings a bare number between the limits; empty when
// none does.
[[nodiscard]] std::string unit_hint(std::string_view number, ValueResult<uint64_t> (*parse)(std::string_view),
                                    uint64_t least, uint64_t most);
// Where to damage a file: 50% (of its length), 100B (from the start), -100B (from the end).
[[nodiscard]] ValueResult<DamagePlace> parse_place(std::string_view text);

}  // namespace crashwright::harness
