// Bytes as a file with a path, for readers that want one: no disk, nothing left behind.
//
// Every use writes over the same few files of this process, since making one for each input would take longer than
// most parsers. A MemoryFile holds its bytes until the next one with the same `slot` is made.
// Threads: one. Signal context: no. Errors: an empty path when there is no memory for it.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

namespace crashwright::fuzz {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes, size_t slot = 0) {
    static std::array<int, 4> files = {-1, -1, -1, -1};
    int& file = files.at(slot);
    if (file < 0) file = ::memfd_create("fuzz", MFD_CLOEXEC);
    const bool written = ::ftruncate(file, 0) == 0 &&
                         ::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
    if (!written) return;
    fd_ = file;
    path_ = "/proc/self/fd/" + std::to_string(file);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_ = -1;
  std::string path_;
};

}  // namespace crashwright::fuzz
