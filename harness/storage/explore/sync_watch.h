// Sees sync(2) and syncfs(2) of a program and of everything that it starts, which the kernel keeps from FUSE servers.
//
// A seccomp filter stops both calls and lets all others through. While a caller waits, what it stored to mappings is
// handed over and a mark stands in the record (kSyncAll); then its call succeeds without syncing any disk: only the
// mount is judged, and a sync of the whole machine would take seconds. syncfs of another file system is left to the
// kernel.
// Threads: a thread of its own asks the mount; the owner leaves the mount alone while this lives.
// Errors:  create(). A kernel that refuses the filter leaves both calls unseen, as they were.
// Signal context: hand_over_syncs() only makes system calls and may run between fork and exec.
#pragma once

#include <memory>
#include <thread>

#include "base/result.h"
#include "base/unique_fd.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness {

class SyncWatch {
 public:
  // `mount_point` is where `mount` serves; both outlive this.
  [[nodiscard]] static Result<std::unique_ptr<SyncWatch>> create(StorageMount& mount, const std::string& mount_point);
  ~SyncWatch();
  SyncWatch(const SyncWatch&) = delete;
  SyncWatch& operator=(const SyncWatch&) = delete;

  // For hand_over_syncs() in the program's process.
  [[nodiscard]] int program_end() const { return program_end_.get(); }

 private:
  SyncWatch(StorageMount& mount, uint64_t device) : mount_(mount), device_(device) {}
  void serve();
  void answer_next(int listener);

  StorageMount& mount_;
  uint64_t device_;
  UniqueFd own_end_;
  UniqueFd program_end_;
  UniqueFd stop_;
  std::thread thread_;
};

// Puts the calling process under the filter and sends its listener through `socket`.
void hand_over_syncs(int socket) noexcept;

}  // namespace crashwright::harness
