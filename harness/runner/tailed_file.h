// The lines of a file that another process is appending to, as they become whole.
//
// Threads: one owner. Errors: none; a file that is not there yet has no lines yet. Lines longer than 64 KiB are cut.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/unique_fd.h"

namespace crashwright::harness {

class TailedFile {
 public:
  explicit TailedFile(std::string path) : path_(std::move(path)) {}

  // Every line that has been ended since the last call, without its newline.
  void read(const std::function<void(const std::string& line)>& on_line);

 private:
  std::string path_;
  UniqueFd fd_;
  uint64_t offset_ = 0;
  std::string unfinished_;
};

}  // namespace crashwright::harness
