// Bytes as a file with a path, for readers that want one: no disk, nothing left behind.
//
// Threads: one owner. Signal context: no. Errors: an empty path when there is no memory for it.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace crashwright::rca::fuzz {

class MemoryFile {
 public:
  MemoryFile(const uint8_t* bytes, size_t size) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    const bool written = fd_ && ::write(fd_.get(), bytes, size) == static_cast<ssize_t>(size);
    if (written) path_ = "/proc/self/fd/" + std::to_string(fd_.get());
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  UniqueFd fd_;
  std::string path_;
};

}  // namespace crashwright::rca::fuzz
