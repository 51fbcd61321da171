// Whether a file is text at all: UTF-8 without control characters. What a parser makes of anything else is a guess.
//
// Threads: pure functions. Errors: a diagnostic at the first place that is wrong; one is enough, the rest of such a
// file means nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/scenario/diagnostic.h"

namespace crashwright::harness {

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// A byte order mark at the start is taken for what it is.
[[nodiscard]] std::optional<Diagnostic> check_text(const std::string& file, const std::string& text, uint32_t source);

// Length of the UTF-8 sequence at the start of `text`, 1 to 4; 0: there is none.
[[nodiscard]] size_t utf8_sequence_length(std::string_view text) noexcept;

}  // namespace crashwright::harness
