// The environment of a program that the harness starts: what is inherited, changed.
//
// Threads: reads this process's environment, which nobody changes after the start. Errors: none.
#pragma once

#include <string>
#include <vector>

namespace crashwright::harness {

// "NAME=value" replaces what is inherited, "NAME" alone removes it.
[[nodiscard]] std::vector<std::string> changed_environment(const std::vector<std::string>& changes);

// As execve(2) wants it, with the null behind the last; the texts must outlive it.
[[nodiscard]] std::vector<char*> text_pointers(std::vector<std::string>& texts);

}  // namespace crashwright::harness
