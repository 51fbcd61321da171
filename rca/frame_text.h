// Pieces of lines that show a stack frame, in whatever form: addresses, places, numbers.
//
// Threads: any. Signal context: no. Errors: what is not there is not taken.
#pragma once

#include <cstdint>
#include <string_view>

#include "rca/autopsy.h"

namespace crashwright::rca {

[[nodiscard]] inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] std::string_view trimmed(std::string_view text);

// What stands behind `words`, empty without them.
[[nodiscard]] std::string_view text_behind(std::string_view line, std::string_view words);

// Takes "0x4f13bb" off the front of `rest`; also one of whose digits some were made illegible.
bool take_address(std::string_view& rest, uint64_t& address);
// The same without "0x": eight digits or more.
bool take_bare_address(std::string_view& rest, uint64_t& address);
// Takes "17" off the front of `rest`; false when there is no digit.
bool take_number(std::string_view& rest, uint64_t& number);

// "a.cc:7:3" or "a.cc:7".
void take_place(std::string_view place, Frame& frame);
// The same from the end: "file:///srv/a.js:7:3", "C:\\src\\a.cs:7". False without a number.
bool take_place_from_end(std::string_view place, Frame& frame);
// "0x12)": where in its module the frame is. A report without addresses in front has nothing else.
void take_offset(std::string_view text, Frame& frame);

}  // namespace crashwright::rca
