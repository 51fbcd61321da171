// The executable pieces of files that a process has mapped, from the text of /proc/PID/maps.
//
// Threads: one owner. Signal context: no. Errors: a file that cannot be read has no calls.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace crashwright::rca {

// One mapping of a file.
struct FileMapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t offset = 0;  // in the file
  bool executable = false;
  std::string path;
};
[[nodiscard]] std::vector<FileMapping> parse_file_mappings(std::string_view text);

class CodeRanges {
 public:
  explicit CodeRanges(std::string_view mappings) : mappings_(parse_file_mappings(mappings)) {}

  // Is the instruction in front of `address` a call (e8 and four bytes, or ff /2 of two to seven bytes)?
  [[nodiscard]] bool follows_call(uint64_t address) const;

 private:
  std::vector<FileMapping> mappings_;
  mutable std::map<std::string, UniqueFd> files_;
};

}  // namespace crashwright::rca
