// The address of a bad access, as a line of text names it.
//
// Threads: any. Signal context: no. Errors: none; nullopt where there is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crashwright::rca {

// The hexadecimal number right behind `word`, with or without "0x"; "(nil)" and "NULL" are 0.
[[nodiscard]] std::optional<uint64_t> hex_after(std::string_view line, std::string_view word);

// The address in a line that calls it one.
[[nodiscard]] std::optional<uint64_t> named_address(std::string_view line);

// The same, or the last word of what a signal handler printed: ": segfault at 18 ip 00005..." names it, "Received
// signal 11 SEGV_MAPERR 000000000018" has it last.
[[nodiscard]] std::optional<uint64_t> access_address(std::string_view match);

}  // namespace crashwright::rca
