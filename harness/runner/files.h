// Folders of a case: made, copied, removed.
//
// Threads: any, on different folders. Errors: kIo / kEnvironment with the path.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright::harness {

// With all parents; success when it exists already.
[[nodiscard]] Status make_folder(const std::string& path);
// Everything below `path` too; success when there is nothing.
[[nodiscard]] Status remove_tree(const std::string& path);
// The regular files of `from` (not of its subfolders) into the new folder `to`. Blocks of zeros become holes.
[[nodiscard]] Status copy_files(const std::string& from, const std::string& to);
[[nodiscard]] Status copy_file(const std::string& from, const std::string& to);
[[nodiscard]] bool file_exists(const std::string& path);

}  // namespace crashwright::harness
