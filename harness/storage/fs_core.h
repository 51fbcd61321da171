// The power-loss file system without the kernel: every operation is applied to the backing folder and recorded, in one
// order, and storage faults are made to happen on the way.
//
// Answers are 0 or more for success and a negative errno otherwise, as the kernel wants them.
// Threads: any; one lock gives changes their order, reading file content takes none. Nothing here ever syncs.
// Acknowledgements: the pipes with `ack` lines and the engine's counters are looked at before each operation is
//          recorded. So a mark stands before every operation that was asked for after it; and it stands behind every
//          operation that was answered before it, which may justify it. It may stand late, behind operations of other
//          threads: then less is asked of fewer crash states, and no program is blamed for what it did not promise.
// Errors:  begin() when the backing folder or the record cannot be had.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "harness/storage/ack_reader.h"
#include "harness/storage/caller_stacks.h"
#include "harness/storage/callers.h"
#include "harness/storage/fault_gate.h"
#include "harness/storage/file_range.h"
#include "harness/storage/node_table.h"
#include "harness/storage/record_writer.h"

namespace crashwright::harness {

struct StorageCoreOptions {
  std::string backing;        // existing folder; what it holds now counts as durable
  std::string record_folder;  // existing folder for the record; empty: unnamed, beside the backing folder
  postmortem::ControlBlock* block = nullptr;  // of the case; null: no engine of ours
  std::vector<int> ack_pipes;                 // read ends with lines `ack TOKEN`
  int echo_fd = -1;                           // gets a copy of what comes out of the first of them
  int power_end = -1;                         // FaultGate
  bool places = false;                        // note where in its program each caller stands; needs record_folder
};

struct FileWrite {
  uint64_t offset = 0;
  std::span<const std::byte> data;
  bool synchronous = false;      // O_SYNC, O_DSYNC or RWF_DSYNC
  bool with_attributes = false;  // O_SYNC or RWF_SYNC: the file's attributes too
  bool from_mapping = false;     // write-back
  bool direct = false;           // not through the page cache: no fsync of the kernel's own follows
  bool uncached = false;         // issued with O_DIRECT
};

class StorageCore {
 public:
  // `forget_pages`: the kernel is to drop what it caches of a file, since a fault changed it; called under the lock.
  using ForgetPages = std::function<void(NodeId)>;

  explicit StorageCore(const StorageCoreOptions& options);
  [[nodiscard]] Status begin();
  void on_forget_pages(ForgetPages forget) { forget_pages_ = std::move(forget); }

  // Names. `lookups` of the node grows by one with each success that returns a node.
  int lookup(NodeId parent, std::string_view name, struct stat& info);
  void forget(NodeId node, uint64_t lookups);
  // `mode` with its type: a regular file, a folder, a fifo or a socket.
  int make(const Caller& caller, NodeId parent, std::string_view name, mode_t mode, struct stat& info);
  int make_symlink(const Caller& caller, NodeId parent, std::string_view name, const std::string& target,
                   struct stat& info);
  int link(const Caller& caller, NodeId node, NodeId parent, std::string_view name, struct stat& info);
  int remove(const Caller& caller, NodeId parent, std::string_view name, bool folder);
  int rename(const Caller& caller, NodeId parent, std::string_view name, NodeId new_parent, std::string_view new_name,
             unsigned flags);
  int read_link(NodeId node, std::string& target);
  // Names and nodes of a folder as they are now, "." and ".." first.
  int list(NodeId folder, std::vector<std::pair<std::string, NodeId>>& entries);
  // Attributes of `node`, with one lookup more when `remember`.
  int attributes(NodeId node, struct stat& info, bool remember = false);

  // Files. An opened node stays valid until close().
  int open(const Caller& caller, NodeId node, bool truncate, bool direct, ServedNode*& opened);
  void close(ServedNode& node);
  int64_t read(ServedNode& node, uint64_t offset, std::span<std::byte> into);
  int64_t write(const Caller& caller, ServedNode& node, const FileWrite& write);
  int64_t copy(const Caller& caller, ServedNode& from, uint64_t from_offset, ServedNode& to, uint64_t to_offset,
               uint64_t size);
  int truncate(const Caller& caller, NodeId node, uint64_t size);
  int allocate(const Caller& caller, ServedNode& node, int mode, uint64_t offset, uint64_t size);
  int set_mode(const Caller& caller, NodeId node, mode_t mode);
  int set_owner(const Caller& caller, NodeId node, uid_t uid, gid_t gid);  // -1: stays
  int set_times(const Caller& caller, NodeId node, const timespec times[2]);
  int sync(const Caller& caller, ServedNode& node, bool data_only);
  int sync_folder(const Caller& caller, NodeId folder);
  // Thread `tid` called sync(2) or syncfs(2), of which the kernel tells a FUSE server nothing.
  [[nodiscard]] Status sync_all(pid_t tid);
  // Thread `tid` is about to call msync: its next sync of each of these files promises these bytes alone, of which the
  // kernel tells a FUSE server nothing.
  void expect_msync(pid_t tid, std::vector<FileRange> ranges);
  // Thread `tid` asked for these bytes to be written: a mark, and no promise.
  [[nodiscard]] Status note_asked_for(pid_t tid, WriteBackRequest how, const std::vector<FileRange>& ranges);
  // Stores that the kernel writes back on its own from now on stand where thread `tid` stands then.
  void stores_come_down_before(pid_t tid);

  // What comes out of the pipes from now on thread `tid` writes.
  void acknowledgements_are_of(pid_t tid);

  // The record.
  void acknowledge(const std::string& token);
  // Marks what has been written to the pipes so far.
  void take_acknowledgements();
  [[nodiscard]] std::vector<int> ack_pipes();
  void arm(const StorageFaultRule& rule);
  [[nodiscard]] std::string fault_report();
  // Looks for a power loss that fired while no operation came in; the engine is then killed and the record is cut.
  void check_power_loss();
  [[nodiscard]] const StorageRecord& record() const { return writer_->record(); }
  // How many operations happened until the power loss, or until now.
  [[nodiscard]] uint64_t operations_until_cut();
  // The whole record replayed equals the backing folder, byte for byte.
  [[nodiscard]] Status record_equals_backing();
  [[nodiscard]] const std::string& backing() const { return options_.backing; }

 private:
  struct HeldWrite {
    Caller caller;
    NodeId node = kNoNode;
    uint64_t offset = 0;
    std::vector<std::byte> data;
    MetFault fault;
  };

  // fs_core.cc
  [[nodiscard]] std::string real(const ServedNode& node) const;
  [[nodiscard]] std::string real(const ServedNode& folder, std::string_view name) const;
  [[nodiscard]] Operation operation(OperationKind kind, const Caller& caller, const ServedNode& node);
  int stat_node(const ServedNode& node, struct stat& info) const;
  int forget_times(const Caller& caller, ServedNode& node);
  int answer(ServedNode& node, struct stat& info);
  int perform(const Operation& operation, const std::function<int()>& change);
  void note_acknowledgements();
  void mark(const std::string& what, uint64_t counter, pid_t tid = 0);
  // What a fault did to the file system as a whole ends with the start of the engine that it was for.
  void forget_faults_of_earlier_starts();
  int refuse(OperationClass operation, const ServedNode& node, std::string_view name = {});
  // The power of a rule takes the whole device with it: everything later is refused. True then.
  bool lose_power(const MetFault& fault);
  void cut_power(const MetFault& fault);
  // fs_core_scan.cc
  Status scan();
  Status scan_file(ServedNode& node, const std::string& path);
  // fs_core_write.cc
  FaultSite site(OperationClass operation, const ServedNode& node, std::string_view name = {}) const;
  int64_t put(const Caller& caller, ServedNode& node, const FileWrite& write, uint8_t flags);
  int64_t put_pages(const Caller& caller, ServedNode& node, const FileWrite& write, uint8_t flags);
  int64_t write_met(const Caller& caller, ServedNode& node, const FileWrite& write, const MetFault& fault);
  int64_t spoil(const Caller& caller, ServedNode& node, const FileWrite& write, const MetFault& fault);
  int64_t grow_to(const Caller& caller, ServedNode& node, const FileWrite& write);
  void finish_synchronous(const Caller& caller, ServedNode& node, const FileWrite& write, uint64_t bytes);
  // fs_core_sync.cc
  [[nodiscard]] Operation sync_operation(const Caller& caller, ServedNode& node, bool data_only);
  int sync_met(const Caller& caller, ServedNode& node, const MetFault& fault);
  void revert_unsynced(const Caller& caller, ServedNode& node, uint64_t until);
  void let_held_go(const ServedNode& node, bool after_sync);
  int resize(const Caller& caller, ServedNode& node, uint64_t size);

  StorageCoreOptions options_;
  std::mutex lock_;
  FaultGate gate_;
  NodeTable nodes_;
  CallerTable callers_;
  std::optional<CallerStacks> stacks_;
  std::unique_ptr<RecordWriter> writer_;
  ForgetPages forget_pages_;
  AckReader acks_;
  pid_t acknowledger_ = 0;                                    // writes to the pipes; 0: unknown
  std::unordered_map<pid_t, std::vector<FileRange>> msyncs_;  // by thread: called and not yet arrived
  pid_t stores_before_ = 0;                                   // thread before whose call stores come down
  std::vector<HeldWrite> held_;
  std::atomic<size_t> held_count_{0};  // readers look here without the lock
  uint64_t cut_at_ = UINT64_MAX;
  uint64_t audit_durable_ = 0;
  uint64_t last_sent_ = 0;
  uint32_t incarnation_ = 0;
  bool no_inodes_ = false;
  bool read_only_ = false;
  std::atomic<bool> power_lost_{false};  // by a rule; readers look here without the lock
};

}  // namespace crashwright::harness
