// The root-cause analysis of the common tutorial: words in the output and the number of the exit.
//
// What is wrong with it is its purpose here (docs/why.md): every SIGSEGV is a null pointer, exit 137 is out of memory,
// the handler's own frame is blamed, and it is always certain.
// Threads: a pure function. Errors: none. Signal context: no.
#pragma once

#include <cstdint>
#include <string>

namespace crashwright::mock_engine::naive {

struct RootCause {
  std::string cause;     // as the reference autopsy names it
  std::string function;  // of the first frame
};

// `output`: all text that the process left. `wait_status`: as of waitpid(2).
[[nodiscard]] RootCause find_root_cause(const std::string& output, int32_t wait_status);

}  // namespace crashwright::mock_engine::naive
