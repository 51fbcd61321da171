// Whole-file helpers over raw descriptors.
//
// Threads: any. Errors: Result with the path and the system's text. Signal context: no (std::string).
// Durability: write_file makes nothing durable; write_file_atomic makes the content and the name durable (fsync of file
// and folder), so that a reader sees the old content or the new, never a mixture.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace crashwright {

[[nodiscard]] Result<std::string> read_file(const std::string& path);
[[nodiscard]] Status write_file(const std::string& path, std::string_view content);
[[nodiscard]] Status write_file_atomic(const std::string& path, std::string_view content);
// To where a person said: a pipe or a device is written to, behind a symbolic link lies what is meant, and a file is
// replaced as write_file_atomic does. Never for a name that a dying program could have taken.
[[nodiscard]] Status write_named_output(const std::string& path, std::string_view content);
// Writes all bytes to `fd`, resuming after EINTR and short writes.
[[nodiscard]] Status write_all(int fd, std::span<const std::byte> bytes);

}  // namespace crashwright
