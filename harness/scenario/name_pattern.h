// Patterns for names, wherever the project takes one: `matrix: {points}`, `sweep: {points}`, `--filter`.
//
// * stands for any text, none as well, dots too; everything else stands for itself. The whole name must match.
// Threads: free functions without shared state. Time: at most the product of both lengths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crashwright::harness {

[[nodiscard]] bool is_pattern(std::string_view text);
[[nodiscard]] bool matches_pattern(std::string_view name, std::string_view pattern);

// What somebody may have meant by a pattern that none of `names` matches: `did you mean "gateway.*"?`; the nearest of
// the names, of their families ("gateway.*") and of their endings ("*.send_order"). Empty when nothing is near.
[[nodiscard]] std::string pattern_suggestion(std::string_view pattern, const std::vector<std::string>& names);

// What somebody may have meant by a fault point that is none of `points`: the nearest name; with nothing near, all of a
// few, or the nearest of the same room ("audit."), six at most, and where all of them are listed. Never empty.
[[nodiscard]] std::string point_suggestion(std::string_view point, const std::vector<std::string>& points);

}  // namespace crashwright::harness
