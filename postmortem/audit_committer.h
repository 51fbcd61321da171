// Writes the audit log: groups records into blocks and keeps up to four batches under way.
//
// A batch goes out as soon as there is a record and a free place, so that a lone record waits for nobody; while batches
// are under way the next group grows. Acknowledged is only the contiguous prefix of the batches that are durable. Zeros
// are written ahead of the data, a segment's length when the log is idle and less beside the batches; no batch is
// written where zeros are still under way. A batch ends at the end of its segment; the next one begins with the head of
// the next.
//
// One thread at a time has the committer's role, and with it everything here: the committer's own thread, run(), unless
// it sleeps with nothing under way. Then a producer that waits for its record may take the role and commit that record
// itself (lead()), which saves both ways between the threads. The same functions make and write the block, whoever has
// the role. The committer's thread stands back while commits come like that, and comes back for everything else: more
// records than one block takes, the head of a segment, zeros, heartbeats, the end.
// Threads: open_run() before the thread, run() is the thread; lead() and wake() from any.
// Errors:  any error of the device ends run() and seals the log: no retry.
// Source:  leader and followers of a write group as in RocksDB and MySQL's binary log.
// Signal context: no.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "base/result.h"
#include "base/unique_fd.h"
#include "postmortem/audit_block.h"
#include "postmortem/audit_commit_state.h"
#include "postmortem/audit_file.h"
#include "postmortem/batch_pipeline.h"

namespace crashwright::postmortem {

class EngineThread;

class AuditCommitter {
 public:
  // `state` outlives the committer.
  [[nodiscard]] static Result<std::unique_ptr<AuditCommitter>> make(AuditFile file, const AuditLogOptions& options,
                                                                    AuditCommitState& state);

  // Writes the opening block and waits for it.
  [[nodiscard]] Status open_run();
  // Until the log is to stop and nothing is left, or an error.
  void run(EngineThread& self);
  // Commits what is published, up to one block, in the calling thread, unless the role is taken or something stands in
  // the way. The device sets the time. False: the committer's thread is to be woken for it.
  [[nodiscard]] bool lead();
  void wake() noexcept { pipeline_->wake(); }

 private:
  static constexpr int kLoneCommitsMin = 2;
  static constexpr size_t kBatchBlocks = 64;  // one batch: 256 KiB, 1,984 records
  using Buffer = std::unique_ptr<AuditBlock[]>;

  // A batch under way.
  struct Batch {
    Buffer blocks;
    std::shared_ptr<AuditSegment> segment;  // stays open as long as the batch is under way
    uint64_t last_sequence = 0;
    uint64_t next_block = 0;
    bool records = false;
  };

  AuditCommitter(AuditFile file, const AuditLogOptions& options, AuditCommitState& state,
                 std::unique_ptr<BatchPipeline> pipeline);

  [[nodiscard]] bool over() const noexcept { return finished() || state_.sealed.load(std::memory_order_relaxed); }
  // Of the committer's thread.
  void take_role();
  void sleep_without_role(std::chrono::nanoseconds timeout);
  [[nodiscard]] bool stands_back() const noexcept;
  // Of who leads.
  [[nodiscard]] size_t records_to_lead() const noexcept;
  [[nodiscard]] bool needs_its_thread() const noexcept;
  // Whoever has the role waits for the device: that is not a stalled thread.
  void begin_device_wait() noexcept;
  void end_device_wait() noexcept;

  [[nodiscard]] Status serve();
  [[nodiscard]] Status idle();
  [[nodiscard]] Status take_completions();
  void retire_batches();
  void acknowledge(const Batch& batch);
  [[nodiscard]] bool writes_here() const noexcept {
    return leading_ || (lone_commits_ >= kLoneCommitsMin && pipeline_->empty());
  }
  [[nodiscard]] size_t group() const noexcept;
  [[nodiscard]] Status commit(size_t count);
  [[nodiscard]] Status put_marker(AuditBlockKind kind);
  // The segment of the next block is open, and its head, if that is due, in `blocks`; how many blocks that took.
  [[nodiscard]] Result<size_t> begin_batch(AuditBlock* blocks);
  [[nodiscard]] Status start(size_t blocks, bool records);
  [[nodiscard]] Status drain();
  [[nodiscard]] bool spin_for_work() const noexcept;
  void sleep(std::chrono::nanoseconds timeout, bool blocked);
  [[nodiscard]] bool has_work() const noexcept;
  [[nodiscard]] bool finished() const noexcept;
  [[nodiscard]] Status fill_ahead(uint64_t bytes);
  [[nodiscard]] Status create_next();
  [[nodiscard]] bool must_wait_for_zeros(size_t blocks) const noexcept;
  [[nodiscard]] size_t blocks_for(size_t records) const noexcept;
  [[nodiscard]] uint64_t segment_bytes() const noexcept {
    return uint64_t{builder_.position().segment_blocks} * kAuditBlockBytes;
  }
  [[nodiscard]] uint64_t end() const noexcept { return builder_.position().next_block * kAuditBlockBytes; }

  std::mutex role_;                  // guards what follows
  std::atomic<bool> wanted_{false};  // the committer's thread waits for its role: nobody else may take it first
  bool leading_ = false;             // who has the role is not the committer's thread
  bool sleeps_for_ever_ = false;     // the committer's thread, unless it is woken

  AuditCommitState& state_;
  const AuditLogOptions options_;
  std::shared_ptr<AuditSegment> segment_;  // of the next block, unless that begins another one
  std::shared_ptr<AuditSegment> newest_;   // the same, or the one behind it
  std::unique_ptr<BatchPipeline> pipeline_;
  AuditBlockBuilder builder_;
  EngineThread* self_ = nullptr;    // once it runs
  EngineThread* leader_ = nullptr;  // of who leads, if it is watched and not waiting anyhow
  std::array<Batch, BatchPipeline::kUnderWayMax> batches_;
  uint64_t first_batch_ = 0;  // counts retired batches
  Buffer zeros_;
  const bool fill_;
  uint64_t filled_;          // bytes of the log that hold data or durable zeros
  uint64_t filling_ = 0;     // where the zeros under way end, 0 when there are none
  uint64_t durable_blocks_;  // blocks below are durable
  int lone_commits_ = 0;     // in a row, each waited for by one thread with nothing behind it
  bool unproven_ = false;    // the newest records are not yet vouched for by a later block
  uint64_t acknowledged_ns_ = 0;
};

}  // namespace crashwright::postmortem
