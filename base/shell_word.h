// A word as a POSIX shell takes it (IEEE Std 1003.1-2017, "Shell Command Language", 2.2 Quoting).
//
// Threads: any. Errors: none.
#pragma once

#include <string>

namespace crashwright {

// Quoted when it has to be.
[[nodiscard]] std::string shell_word(const std::string& word);

}  // namespace crashwright
