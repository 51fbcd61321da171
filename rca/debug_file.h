// Where the separate debug file of a stripped module is on this machine.
//
// Looked at, in order: the folders of build ids (/usr/lib/debug/.build-id), the file that .gnu_debuglink names (beside
// the module, in .debug/ there, under /usr/lib/debug), the cache of debuginfod's client. Nothing is fetched.
// Threads: any. Signal context: no.
// Errors:  empty when there is none; a file of another build (build id, or checksum of the link) is none.
#pragma once

#include <cstdint>
#include <string>

namespace crashwright::rca {

struct DebugLink {
  std::string name;  // as in .gnu_debuglink, empty for none
  uint32_t checksum = 0;
};

// `module` is the path of the stripped file, `build_id` its build id in hex, or empty.
[[nodiscard]] std::string find_debug_file(const std::string& module, const std::string& build_id,
                                          const DebugLink& link);

}  // namespace crashwright::rca
