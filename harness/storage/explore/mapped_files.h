// Files of one mount that programs have mapped as shared memory, so that what was stored to them can be brought down.
//
// A store into a mapping reaches a file system only when the kernel writes the page back, which it may do at any moment
// before msync. bring_down() is such a moment: it makes nothing durable.
// Threads: one owner, which serves no file system. Errors: none; what cannot be opened (another user's file) comes down
// when the kernel likes. Cost of bring_down(): below a microsecond for each file to which nothing was stored.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <vector>

#include "base/unique_fd.h"
#include "harness/storage/file_range.h"

namespace crashwright::harness {

class MappedFiles {
 public:
  explicit MappedFiles(uint64_t device) : device_(device) {}

  // Process `pid` maps its descriptor `fd`.
  void note(pid_t pid, int fd);
  [[nodiscard]] bool empty() const { return files_.empty(); }
  // What any program has stored so far is written to the file system when this returns.
  void bring_down();
  // The bytes of files of the mount that `pid` sees at [address, address + size).
  [[nodiscard]] std::vector<FileRange> behind(pid_t pid, uint64_t address, uint64_t size) const;

  // The bytes [offset, offset + size) of what `pid` has open as `fd`, size 0: to the end; empty: no file of the mount.
  [[nodiscard]] std::vector<FileRange> behind_descriptor(pid_t pid, int fd, uint64_t offset, uint64_t size) const;

 private:
  struct File {
    uint64_t inode;
    UniqueFd fd;
  };
  void make_room();

  uint64_t device_;
  std::deque<File> files_;  // oldest first
};

}  // namespace crashwright::harness
