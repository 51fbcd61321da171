#include "postmortem/audit_log.h"

#include <algorithm>
#include <system_error>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "postmortem/audit_block.h"
#include "postmortem/audit_file.h"
#include "postmortem/audit_ring.h"
#include "postmortem/block_writer.h"
#include "postmortem/control_block.h"
#include "postmortem/engine_thread.h"
#include "postmortem/fault_point.h"
#include "postmortem/futex.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr size_t kBatchBlocks = 64;                               // one group commit: 256 KiB, 1,984 records
constexpr uint64_t kFillBytes = kBatchBlocks * kAuditBlockBytes;  // one step of zero-filling ahead
constexpr uint64_t kFillAheadBytes = 4 * kFillBytes;              // at the start, and whenever less than a step is left
constexpr uint64_t kFillAheadIdleBytes = 2 * kFillAheadBytes;     // while nothing else is to do
constexpr nanoseconds kFillAfterIdle = milliseconds(1);
constexpr nanoseconds kHeartbeatAfterIdle = milliseconds(50);
constexpr int kSpinsBeforeSleep = 64;

void pause_briefly() noexcept { __builtin_ia32_pause(); }

void raise_to(std::atomic<uint64_t>& counter, uint64_t value) noexcept {
  uint64_t seen = counter.load(std::memory_order_relaxed);
  while (seen < value && !counter.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

class GroupCommitLog final : public AuditLog {
 public:
  GroupCommitLog(AuditFile file, const AuditLogOptions& options);
  ~GroupCommitLog() override { static_cast<void>(close()); }

  // Writes the opening block, fills ahead and starts the committer.
  [[nodiscard]] Status start();

  uint64_t append(AuditRecord& record) noexcept override;
  [[nodiscard]] uint64_t durable_up_to() const noexcept override { return durable_.load(std::memory_order_acquire); }
  [[nodiscard]] bool wait_durable(uint64_t sequence, nanoseconds timeout) override;
  [[nodiscard]] bool sealed() const noexcept override { return sealed_.load(std::memory_order_acquire); }
  [[nodiscard]] Error seal_reason() const override;
  [[nodiscard]] Status close() override;

 private:
  [[nodiscard]] bool wait_for_room(uint64_t sequence) const noexcept;
  void wake_committer() noexcept;
  void wake_waiters() noexcept;

  // The committer's thread, and start() before it exists.
  void run();
  [[nodiscard]] bool finished() const noexcept;
  [[nodiscard]] Status serve();
  [[nodiscard]] Status idle();
  [[nodiscard]] Status commit(size_t count);
  [[nodiscard]] Status write_batch(size_t blocks, uint64_t offset);
  [[nodiscard]] Status write_marker(AuditBlockKind kind);
  [[nodiscard]] Status fill_ahead();
  [[nodiscard]] Status fill_step();
  [[nodiscard]] bool sleep(nanoseconds timeout) noexcept;
  [[nodiscard]] uint64_t end() const noexcept { return builder_.position().next_block * kAuditBlockBytes; }
  [[nodiscard]] bool fills_ahead(uint64_t bytes) const noexcept { return fill_ && filled_ < end() + bytes; }
  void acknowledge(uint64_t sequence) noexcept;
  void seal(Error reason);

  EngineWitness& witness_;
  Watchdog* const watchdog_;
  UniqueFd fd_;
  std::unique_ptr<BlockWriter> writer_;
  AuditRing ring_;

  // The committer's own.
  AuditBlockBuilder builder_;
  std::unique_ptr<AuditBlock[]> batch_;
  std::unique_ptr<AuditBlock[]> zeros_;
  const bool fill_;
  uint64_t filled_;          // bytes of the file that hold data or written zeros
  uint64_t durable_blocks_;  // blocks below are durable
  bool unproven_ = false;    // the newest records are not yet vouched for by a later block
  EngineThread* self_ = nullptr;
  std::thread thread_;

  // Shared.
  alignas(kCacheLineBytes) std::atomic<uint64_t> durable_;
  std::atomic<uint32_t> waiters_{0};
  std::atomic<uint32_t> wait_epoch_{0};
  alignas(kCacheLineBytes) std::atomic<uint32_t> sleeping_{0};
  std::atomic<bool> refusing_{false};  // append() takes nothing more: sealed or closing
  std::atomic<bool> stopping_{false};
  std::atomic<bool> sealed_{false};
  Error seal_reason_;  // written once, before sealed_
};

// Zero-filling pays where a commit syncs the file: without it each one would have to commit the file's new size and
// extents too. Where only the page cache counts it would write everything twice.
GroupCommitLog::GroupCommitLog(AuditFile file, const AuditLogOptions& options)
    : witness_(control_block().engine),
      watchdog_(options.watchdog),
      fd_(std::move(file.fd)),
      writer_(BlockWriter::make(fd_.get(), options.durability, file.direct)),
      ring_(options.ring_records, file.scan.position.next_sequence),
      builder_(file.scan.position),
      batch_(std::make_unique<AuditBlock[]>(kBatchBlocks)),
      fill_(options.durability == Durability::kPowerLoss),
      filled_(std::max(file.size - file.size % kAuditBlockBytes, end())),
      durable_blocks_(builder_.position().next_block),
      durable_(builder_.position().next_sequence - 1) {
  if (fill_) zeros_ = std::make_unique<AuditBlock[]>(kBatchBlocks);
}

Status GroupCommitLog::start() {
  if (auto written = write_marker(AuditBlockKind::kOpening); !written) return written;
  if (auto filled = fill_ahead(); !filled) return filled;
  witness_.audit_appended.store(durable_up_to(), std::memory_order_relaxed);
  witness_.audit_durable.store(durable_up_to(), std::memory_order_relaxed);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return fail(ErrorKind::kEnvironment, std::string("start the committer: ") + error.what());
  }
  return {};
}

uint64_t GroupCommitLog::append(AuditRecord& record) noexcept {
  CRASHWRIGHT_FAULT_POINT("audit.append");
  if (refusing_.load(std::memory_order_acquire)) return 0;
  const uint64_t sequence = ring_.claim();
  record.sequence = sequence;
  record.wall_ns = wall_ns();
  record.monotonic_ns = monotonic_ns();
  if (!ring_.has_room(sequence) && !wait_for_room(sequence)) return 0;
  ring_.publish(record);
  wake_committer();
  raise_to(witness_.audit_appended, sequence);
  return sequence;
}

// Only a sealed log leaves a claimed sequence unpublished; a closing one drains the ring and makes room.
bool GroupCommitLog::wait_for_room(uint64_t sequence) const noexcept {
  for (int spins = 0; !ring_.has_room(sequence); ++spins) {
    if (sealed()) return false;
    if (spins < kSpinsBeforeSleep) {
      pause_briefly();
    } else {
      std::this_thread::yield();
    }
  }
  return true;
}

// The record is published before the flag is read, the committer raises the flag before it looks for records: one of
// the two sees the other (both sequentially consistent).
void GroupCommitLog::wake_committer() noexcept {
  if (sleeping_.load(std::memory_order_seq_cst) == 0) return;
  if (sleeping_.exchange(0, std::memory_order_seq_cst) != 0) futex_wake_all(sleeping_);
}

void GroupCommitLog::wake_waiters() noexcept {
  if (waiters_.load(std::memory_order_seq_cst) == 0) return;
  wait_epoch_.fetch_add(1, std::memory_order_seq_cst);
  futex_wake_all(wait_epoch_);
}

bool GroupCommitLog::wait_durable(uint64_t sequence, nanoseconds timeout) {
  if (durable_up_to() >= sequence) return true;
  const Deadline deadline(timeout);
  waiters_.fetch_add(1, std::memory_order_seq_cst);
  bool reached = false;
  for (;;) {
    const uint32_t epoch = wait_epoch_.load(std::memory_order_seq_cst);
    reached = durable_.load(std::memory_order_seq_cst) >= sequence;
    if (reached || sealed_.load(std::memory_order_seq_cst) || deadline.passed()) break;
    futex_wait(wait_epoch_, epoch, deadline.remaining());
  }
  waiters_.fetch_sub(1, std::memory_order_seq_cst);
  return reached;
}

Error GroupCommitLog::seal_reason() const {
  CRASHWRIGHT_CHECK(sealed(), "there is a reason only once the log is sealed");
  return seal_reason_;
}

Status GroupCommitLog::close() {
  refusing_.store(true, std::memory_order_release);
  stopping_.store(true, std::memory_order_seq_cst);
  wake_committer();
  if (thread_.joinable()) thread_.join();
  writer_.reset();
  fd_.reset();
  if (sealed()) return tl::unexpected(seal_reason_);
  return {};
}

bool GroupCommitLog::finished() const noexcept {
  return stopping_.load(std::memory_order_seq_cst) && !ring_.claimed(builder_.position().next_sequence);
}

void GroupCommitLog::run() {
  EngineThread self("audit_commit", watchdog_);
  self_ = &self;
  self.begin_wait();  // but for the moments in commit(), a slow device is not a stalled thread
  Status status;
  while (status && !finished()) status = serve();
  if (status) status = write_marker(AuditBlockKind::kClosing);
  if (!status) seal(status.error());
}

Status GroupCommitLog::serve() {
  for (int spins = 0; spins < kSpinsBeforeSleep; ++spins) {
    const size_t ready = ring_.published(builder_.position().next_sequence, kBatchBlocks * kAuditRecordsPerBlock);
    if (ready > 0) return commit(ready);
    pause_briefly();
  }
  return idle();
}

// Housekeeping waits until nothing has come for a while, so that no record waits for it.
Status GroupCommitLog::idle() {
  if (fills_ahead(kFillAheadIdleBytes)) return sleep(kFillAfterIdle) ? Status{} : fill_step();
  if (unproven_) return sleep(kHeartbeatAfterIdle) ? Status{} : write_marker(AuditBlockKind::kHeartbeat);
  static_cast<void>(sleep(nanoseconds(-1)));
  return {};
}

// False when the time went by without a wake-up.
bool GroupCommitLog::sleep(nanoseconds timeout) noexcept {
  sleeping_.store(1, std::memory_order_seq_cst);
  const bool work = ring_.published(builder_.position().next_sequence, 1) > 0 || stopping_;
  if (!work) futex_wait(sleeping_, 1, timeout);
  return sleeping_.exchange(0, std::memory_order_seq_cst) == 0 || work;
}

Status GroupCommitLog::commit(size_t count) {
  self_->end_wait();
  const uint64_t offset = end();
  const uint64_t last = builder_.position().next_sequence + count - 1;
  size_t blocks = 0;
  for (size_t left = count; left > 0; ++blocks) {
    const size_t in_block = std::min(left, kAuditRecordsPerBlock);
    const uint64_t first = builder_.position().next_sequence;
    for (size_t i = 0; i < in_block; ++i) batch_[blocks].records[i] = ring_.at(first + i);
    builder_.finish(batch_[blocks], AuditBlockKind::kRecords, in_block, durable_up_to(), durable_blocks_);
    left -= in_block;
  }
  ring_.release(last);
  if (CRASHWRIGHT_PLANTED("audit_acknowledges_before_write")) acknowledge(last);
  CRASHWRIGHT_FAULT_POINT("audit.before_write");
  self_->begin_wait();
  if (auto written = write_batch(blocks, offset); !written) return written;
  self_->end_wait();
  CRASHWRIGHT_FAULT_POINT("audit.after_write");
  unproven_ = true;
  acknowledge(last);
  self_->begin_wait();
  // The last moment when the stream never pauses: one commit in 192 waits for it, so that the 99th percentile does not.
  return fills_ahead(kFillBytes) ? fill_ahead() : Status{};
}

Status GroupCommitLog::write_batch(size_t blocks, uint64_t offset) {
  const auto bytes = std::as_bytes(std::span(batch_.get(), blocks));
  if (auto written = writer_->write(bytes, offset); !written) return written;
  filled_ = std::max(filled_, offset + bytes.size());
  durable_blocks_ = builder_.position().next_block;
  return {};
}

Status GroupCommitLog::write_marker(AuditBlockKind kind) {
  const uint64_t offset = end();
  if (kind == AuditBlockKind::kOpening) builder_.begin_run();
  builder_.finish(batch_[0], kind, 0, durable_up_to(), durable_blocks_);
  unproven_ = false;
  return write_batch(1, offset);
}

Status GroupCommitLog::fill_ahead() {
  while (fills_ahead(kFillAheadBytes)) {
    if (auto filled = fill_step(); !filled) return filled;
  }
  return {};
}

Status GroupCommitLog::fill_step() {
  if (auto written = writer_->write(std::as_bytes(std::span(zeros_.get(), kBatchBlocks)), filled_); !written) {
    return written;
  }
  filled_ += kFillBytes;
  return {};
}

void GroupCommitLog::acknowledge(uint64_t sequence) noexcept {
  durable_.store(sequence, std::memory_order_seq_cst);
  witness_.audit_durable.store(sequence, std::memory_order_release);
  wake_waiters();
}

void GroupCommitLog::seal(Error reason) {
  seal_reason_ = std::move(reason);
  refusing_.store(true, std::memory_order_release);
  sealed_.store(true, std::memory_order_seq_cst);
  wake_waiters();
}

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(const AuditLogOptions& options, AuditReadout* readout) {
  auto file = open_audit_file(options);
  if (!file) return tl::unexpected(file.error());
  if (readout != nullptr) *readout = std::move(file->scan.readout);
  file->scan.readout = {};
  auto log = std::make_unique<GroupCommitLog>(std::move(*file), options);
  if (auto started = log->start(); !started) {
    return fail(started.error().kind, "audit log " + options.path + ": " + started.error().message);
  }
  return log;
}

}  // namespace crashwright::postmortem
