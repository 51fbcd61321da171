// The end of a Python program by an exception that nobody caught: a traceback on standard error, and exit status 1,
// which is also the status by which a checker says "violated".
//
// Threads: free functions. Errors: none; a text without one holds none.
#pragma once

#include <optional>
#include <string>

namespace crashwright::harness {

struct UncaughtException {
  std::string what;  // "ModuleNotFoundError: No module named 'nosuch'"
  // The program is broken whatever it is given: a module, a name or its syntax is wrong. Of any other the data that it
  // read may be the reason.
  bool of_program = false;
};

// `said`: what the program printed, with its standard error in it.
[[nodiscard]] std::optional<UncaughtException> uncaught_exception(const std::string& said);

// The sentence of what it printed that says why it ended so: the first line, or, where that begins a traceback, the
// exception behind it.
[[nodiscard]] std::string reason_given(const std::string& said);

}  // namespace crashwright::harness
