// For tests: takes random steps in a folder, the same for the same seed, and tells what came back of each.
//
// The steps use open, write, pwrite, append, stores to a shared mapping, io_uring, truncate, rename with its flags,
// link, symlink, unlink while open, fallocate with its modes, copy_file_range, readdir and more, on few names, so that
// they meet each other. Threads: one owner.
#pragma once

#include <liburing.h>

#include <array>
#include <set>
#include <string>

#include "base/random.h"
#include "base/unique_fd.h"

namespace crashwright::harness {

class FolderActor {
 public:
  FolderActor(std::string folder, uint64_t seed);
  ~FolderActor();
  FolderActor(const FolderActor&) = delete;
  FolderActor& operator=(const FolderActor&) = delete;

  // The step as text, with its answer: a number, an errno, content.
  const std::string& step();
  [[nodiscard]] const std::string& last() const { return last_; }
  // Steps of these kinds that changed a file.
  [[nodiscard]] uint64_t ring_writes() const { return ring_writes_; }
  [[nodiscard]] uint64_t mapped_stores() const { return mapped_stores_; }
  // All names with kind, size, links, mode, owner and content, in order.
  [[nodiscard]] std::string describe_tree() const;

 private:
  std::string name();
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  UniqueFd& handle() { return handles_[random_.below(handles_.size())]; }
  std::string bytes();
  void name_step(uint64_t choice);
  void make_step(uint64_t choice);
  void open_step();
  void write_step(uint64_t choice);
  void shape_step(uint64_t choice);
  void look_step(uint64_t choice);
  void store_through_mapping(const UniqueFd& fd);
  int64_t write_through_ring(const UniqueFd& fd, const std::string& text, uint64_t offset);
  void tell(const std::string& what, int64_t result);
  void describe_folder(const std::string& below, std::set<std::string>& lines) const;

  std::string folder_;
  Random random_;
  std::array<UniqueFd, 6> handles_;
  io_uring ring_{};
  std::string last_;
  uint64_t ring_writes_ = 0;
  uint64_t mapped_stores_ = 0;
};

}  // namespace crashwright::harness
