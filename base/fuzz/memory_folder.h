// A folder of this process in memory, for readers that find files by their names; gone when the process ends orderly.
//
// Threads: one. Signal context: no. Errors: a folder that cannot be made ends the process: nothing could be fuzzed.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"

namespace crashwright::fuzz {

inline const std::string& memory_folder() {
  static const std::string path = [] {
    char name[] = "/dev/shm/crashwright-fuzz-XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    return std::string(name);
  }();
  static const bool is_registered = [] {
    std::atexit([] {
      std::error_code ignored;
      std::filesystem::remove_all(memory_folder(), ignored);
    });
    return true;
  }();
  static_cast<void>(is_registered);
  return path;
}

// The path of the file `name` in it, written anew.
inline std::string write_in_memory(const std::string& name, std::string_view bytes) {
  std::string path = memory_folder() + "/" + name;
  if (!write_file(path, bytes)) std::abort();
  return path;
}

}  // namespace crashwright::fuzz
