// Whether a name that a stranger may have given stands for a regular file, and one of a sensible size.
//
// A pipe would be waited for, a device read without end.
// Threads: any. Signal context: no (std::string).
// Errors:  kUsage for what is no regular file and for one that is too long; kIo / kEnvironment where nothing is there.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright {

// All of a file or a pipe, as the shell's <(command) gives one; not of what has more than `bytes_max`.
[[nodiscard]] Result<std::string> read_at_most(const std::string& path, size_t bytes_max);

[[nodiscard]] Status expect_regular_file(const std::string& path, uint64_t bytes_max = ~uint64_t{0});

}  // namespace crashwright
