// A line matcher small enough to be safe on any input: fixed fragments in order, no backtracking, no recursion.
//
//   ^   at the beginning: only at the start of the line, blanks aside
//   $   at the end: only at the end of the line, blanks aside
//   *   anything in between
//   ~   one decimal digit
// Threads: any. Signal context: no (no allocation, but nobody needs it there).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace crashwright::rca {

struct TextMatch {
  size_t begin = 0;  // of the first fragment in the line
  size_t end = 0;    // one past the last fragment
};

// The first match of `pattern` in `line`.
[[nodiscard]] std::optional<TextMatch> match_line(std::string_view line, std::string_view pattern);

}  // namespace crashwright::rca
