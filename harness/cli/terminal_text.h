// Text that fits the terminal on which it is read.
//
// Elsewhere (a file, a pipe) nothing is folded or shortened: what programs read stays whole, a thing a line. Columns
// are counted in characters of UTF-8. Threads: free functions. Errors: none.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace crashwright::harness::cli {

// Of the terminal that `out` is; 0: it is none, and nothing needs to fit.
[[nodiscard]] size_t terminal_columns(std::FILE* out);

[[nodiscard]] size_t columns_of(std::string_view text);

// `text` on lines of at most `columns` (0: as it is), those after the first behind `indent` blanks. It is broken at a
// blank; a word that is longer than a line behind a "/", and where that does not help, anywhere.
[[nodiscard]] std::string fold(std::string_view text, size_t indent, size_t columns);

// A command that a shell takes as it stands: broken at blanks, with a backslash at the end of the line; a word that is
// longer than a line likewise, unless it is quoted.
[[nodiscard]] std::string fold_command(std::string_view command, size_t indent, size_t columns);

// At most `columns` characters (0: all of them), with "..." in the place of the middle.
[[nodiscard]] std::string shorten_middle(std::string_view text, size_t columns);

// `path` as a person at this folder would write it: below it without it, and without "..".
[[nodiscard]] std::string shown_path(const std::string& path);

}  // namespace crashwright::harness::cli
