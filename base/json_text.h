// Text that may hold any bytes, as it stands between the quotes of a JSON string; fit for a terminal as well.
//
// Threads: pure functions. Errors: none. Signal context: no.
#pragma once

#include <string>
#include <string_view>

namespace crashwright {

// Appends `text` with quotes and backslashes behind a backslash and every byte outside printable ASCII as \u00XX: what
// a stranger wrote breaks no line, is valid UTF-8 whatever it is, and each byte can be told.
void append_json_text(std::string& out, std::string_view text);
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace crashwright
