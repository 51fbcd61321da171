// The one thread that writes the audit log: groups records into blocks and keeps up to four batches under way.
//
// A batch goes out as soon as there is a record and a free place, so that a lone record waits for nobody; while batches
// are under way the next group grows. Acknowledged is only the contiguous prefix of the batches that are durable. Zeros
// are written ahead of the data, a segment's length when the log is idle and less beside the batches; no batch is
// written where zeros are still under way. A batch ends at the end of its segment; the next one begins with the head of
// the next.
// Threads: open_run() before the thread, run() is the thread; wake() from any.
// Errors:  any error of the device ends run() and seals the log: no retry.
// Signal context: no.
#pragma once

#include <array>
#include <memory>

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

  [[nodiscard]] Status serve();
  [[nodiscard]] Status idle();
  [[nodiscard]] Status take_completions();
  void acknowledge(const Batch& batch);
  [[nodiscard]] bool writes_here() const noexcept { return lone_commits_ >= kLoneCommitsMin && pipeline_->empty(); }
  [[nodiscard]] size_t group() const noexcept;
  [[nodiscard]] Status commit(size_t count);
  [[nodiscard]] Status put_marker(AuditBlockKind kind);
  // The segment of the next block is open, and its head, if that is due, in `blocks`; how many blocks that took.
  [[nodiscard]] Result<size_t> begin_batch(AuditBlock* blocks);
  void start(size_t blocks, bool records);
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

  AuditCommitState& state_;
  const AuditLogOptions options_;
  std::shared_ptr<AuditSegment> segment_;  // of the next block, unless that begins another one
  std::shared_ptr<AuditSegment> newest_;   // the same, or the one behind it
  std::unique_ptr<BatchPipeline> pipeline_;
  AuditBlockBuilder builder_;
  EngineThread* self_ = nullptr;  // once it runs
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
