// The error vocabulary of the whole project: Result<T> is a value or an Error.
//
// Threads: values, no shared state.
// Errors:  the message is made where the context is; `remedy` tells the reader what to do about it.
// Signal context: no. Code that may run in a signal handler returns a small enum instead.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace crashwright {

// What kind of trouble it is decides the exit code of the process (design: "Verdicts and exit codes").
enum class ErrorKind {
  kUsage,        // wrong use or invalid input from the user: exit 2
  kEnvironment,  // this machine lacks something (permission, device, space): exit 10
  kCorrupt,      // a stored format is damaged or of an unknown version
  kIo,           // a system call failed
  kInternal,     // a bug of ours: exit 70
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  std::string remedy;  // empty when there is none to give
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// The failure branch: `return fail(ErrorKind::kIo, "open " + path);`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string remedy = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(remedy)});
}

// The failure branch for a system call: appends the text of `error_number` (an errno value).
[[nodiscard]] tl::unexpected<Error> fail_errno(int error_number, std::string what, std::string remedy = {});

}  // namespace crashwright
