// Signs that something died, of no tool in particular: a text that has one is UNKNOWN, not NONE.
//
// Looked for only where no rule says more. A sign is no evidence for a cause.
// Threads: any. Signal context: no. Errors: none; any bytes are accepted.
#pragma once

#include <string_view>

namespace crashwright::rca {

// The line has a sign that is neither talk nor denied (text_talk.h), or is a frame of some runtime's stack.
[[nodiscard]] bool has_sign_of_death(std::string_view line);

}  // namespace crashwright::rca
