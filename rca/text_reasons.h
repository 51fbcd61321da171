// What lies behind what a text says: the cause that an exception's type names, the reason that a failed check gives,
// and what a process can meet without dying of it.
//
// Threads: any. Signal context: no. Errors: none.
#pragma once

#include <string_view>

#include "rca/autopsy.h"
#include "rca/text_rules.h"

namespace crashwright::rca {

// The cause that an exception of this type stands for, such as OOM; null for one that is an exception and no more.
[[nodiscard]] const char* cause_of_exception(std::string_view type);

// The line of an assertion or an exception may say itself what it was about, and the other rules are to look at it too.
[[nodiscard]] bool may_have_a_reason(const TextRule& rule);
[[nodiscard]] bool is_reason(const TextRule& rule);

// A process can meet it and go on: a later line that it ended in order tells that it did. What the process itself
// called fatal is not of that kind.
[[nodiscard]] bool is_survivable(const Evidence& evidence);

}  // namespace crashwright::rca
