// Stands beside a program that is recorded: sees what the kernel does not tell a file system, before it happens.
//
//   stores to mappings   before each call that changes a file, makes one durable or writes an acknowledgement, what was
//                        stored to shared mappings comes down as writes that are not durable. So a store stands in the
//                        record before the acknowledgement that it justifies, and each state of a page that the kernel
//                        could have written back at such a moment is one that a power loss may leave.
//   msync                the record learns which bytes it is about: only they become durable.
//   acknowledgements     the record learns which thread writes them to the pipes for it (write and writev).
//   MS_ASYNC, sync_file_range, posix_fadvise(POSIX_FADV_DONTNEED): the record learns that they were called (kAskedFor,
//                        kDropCache); what a ring of io_uring does of the kind is not seen.
//   sync(2), syncfs(2)   which the kernel keeps from FUSE servers: a mark stands in the record (kSyncAll), then it
//                        succeeds without syncing any disk: only the mount is judged, and a sync of the whole machine
//                        would take seconds. syncfs of another file system is left to the kernel.
// Calls are stopped by a seccomp filter (call_filter.h); the program, its threads and all that it starts are under it.
// Not seen: stores between two such calls that are overwritten before the second; what a thread of io_uring's own
// (IORING_SETUP_SQPOLL) submits; programs of another machine type.
// Threads: a thread of its own answers; the owner leaves the mount alone while this lives.
// Errors:  create(). A kernel that refuses the filter leaves calls unseen: then stores come down when it likes.
// Cost:    some 20 microseconds for each call that is stopped, three times that for msync.
// Signal context: hand_over_calls() only makes system calls and may run between fork and exec.
#pragma once

#include <linux/seccomp.h>

#include <memory>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "harness/storage/explore/mapped_files.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness {

class CallWatch {
 public:
  // `mount_point` is where `mount` serves; both outlive this. `ack_pipes`: an end of each pipe that takes
  // acknowledgements; open while this is called.
  [[nodiscard]] static Result<std::unique_ptr<CallWatch>> create(StorageMount& mount, const std::string& mount_point,
                                                                 const std::vector<int>& ack_pipes = {});
  ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  // For hand_over_calls() in the program's process.
  [[nodiscard]] int program_end() const { return program_end_.get(); }

 private:
  CallWatch(StorageMount& mount, uint64_t device) : mount_(mount), device_(device), files_(device) {}
  void serve();
  void answer_next(int listener);
  [[nodiscard]] seccomp_notif_resp answer(const seccomp_notif& call);
  void bring_down_before(pid_t thread);
  void announce_msync(const seccomp_notif& call);
  void note_asked_for(const seccomp_notif& call);
  void note_acknowledger(const seccomp_notif& call);

  StorageMount& mount_;
  uint64_t device_;
  MappedFiles files_;                    // of the thread
  std::unordered_set<pid_t> announced_;  // threads whose msync may not have arrived
  pid_t comes_down_before_ = 0;          // the thread that the mount was told last
  std::vector<std::pair<dev_t, ino_t>> ack_pipes_;
  pid_t acknowledger_ = 0;  // as well
  UniqueFd own_end_;
  UniqueFd program_end_;
  UniqueFd stop_;
  std::thread thread_;
};

// Puts the calling process under the filter and sends its listener through `socket`.
void hand_over_calls(int socket) noexcept;

}  // namespace crashwright::harness
