// Telling someone who talks about a crash from someone who has one.
//
// Talk is what stands in quotation marks, in a log line of severity INFO or below, in a commit message, in an example
// of a document or behind the "> " of a mail. A process that goes on and ends in order has survived what it complained
// about.
// Threads: any. Signal context: no. Errors: none; any bytes are accepted.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "rca/text_pattern.h"

namespace crashwright::rca {

// Whether what begins at `begin` is quoted, or the severity before it is a harmless one. A closing quotation mark, as
// behind the name of a file, quotes nothing.
[[nodiscard]] bool is_talk(std::string_view line, size_t begin);
// The same for the match of a pattern: its wildcards may have run over a quotation mark or a severity.
[[nodiscard]] bool is_talk(std::string_view line, const TextMatch& match, std::string_view pattern);

// For words that are a sign of a death and no more: the line denies it, expects it, or tells of another run.
[[nodiscard]] bool is_denied(std::string_view line, size_t begin);

// The line says that what it complains about was mended: "..., retried, ok".
[[nodiscard]] bool is_mended(std::string_view line);

// For each line whether it is an example of a document, part of a commit message, or quoted in a mail.
[[nodiscard]] std::vector<bool> quoted_lines(const std::vector<std::string_view>& lines);

// The last line that says that the process ended in order.
[[nodiscard]] std::optional<size_t> orderly_end(const std::vector<std::string_view>& lines);

}  // namespace crashwright::rca
