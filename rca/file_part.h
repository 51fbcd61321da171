// A part of a file that nobody vouches for: a core that was cut off, a log of any length.
//
// Memory: no more than the file holds, whatever size its own headers claim.
// Threads: any. Errors: an empty part when the file cannot be read or has no size of its own (a pipe, a device).
// Signal context: no.
#pragma once

#include <cstdint>
#include <string>

namespace crashwright::rca {

// At most `size` bytes of `fd` from `offset` on; fewer where the file ends.
[[nodiscard]] std::string read_file_part(int fd, uint64_t offset, uint64_t size);

}  // namespace crashwright::rca
