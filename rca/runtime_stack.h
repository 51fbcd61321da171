// The stack of a death in a text that no debugger and no sanitizer of C and C++ wrote (runtime_frames.h).
//
// Threads: any. Signal context: no. Errors: an empty stack; any bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {

struct RuntimeStack {
  std::vector<Frame> frames;  // innermost first
  std::string raised;         // the type of the exception: "KeyError", "java.lang.NullPointerException"
};

// The first such stack from the line on where the first piece of evidence stands, or else of the whole text. Of
// exceptions that caused each other the stack of the cause.
[[nodiscard]] RuntimeStack read_runtime_stack(const std::vector<std::string_view>& lines,
                                              const std::vector<Evidence>& evidence);

}  // namespace crashwright::rca
