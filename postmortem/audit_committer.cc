#include "postmortem/audit_committer.h"

#include <fcntl.h>

#include <algorithm>

#include "base/clock.h"
#include "postmortem/engine_thread.h"
#include "postmortem/fault_point.h"
#include "postmortem/futex.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr uint64_t kFillBytes = 64 * kAuditBlockBytes;   // one step of zeros
constexpr uint64_t kFillBesideBytes = 8 * kFillBytes;    // with less in front of the data, zeros go out beside it
constexpr nanoseconds kFillAfterIdle = milliseconds(2);  // and otherwise once nothing has come for so long
constexpr nanoseconds kHeartbeatAfterIdle = milliseconds(50);
constexpr nanoseconds kForEver{-1};
constexpr uint64_t kSpinNs = 10'000;  // who has just been told that his record is durable soon has the next one
constexpr int kPausesWhileGrowing = 16;

void pause_briefly() noexcept { __builtin_ia32_pause(); }

}  // namespace

void AuditCommitState::acknowledge(uint64_t sequence) noexcept {
  durable.store(sequence, std::memory_order_seq_cst);
  witness.audit_durable.store(sequence, std::memory_order_release);
  wake_waiters();
}

void AuditCommitState::seal(Error reason) {
  seal_reason = std::move(reason);
  refusing.store(true, std::memory_order_release);
  sealed.store(true, std::memory_order_seq_cst);
  wake_waiters();
}

void AuditCommitState::wake_waiters() noexcept {
  if (waiters.load(std::memory_order_seq_cst) == 0) return;
  wait_epoch.fetch_add(1, std::memory_order_seq_cst);
  futex_wake_all(wait_epoch);
}

Result<std::unique_ptr<AuditCommitter>> AuditCommitter::make(AuditFile file, const AuditLogOptions& options,
                                                             AuditCommitState& state) {
  auto pipeline = BatchPipeline::make(file.segment.fd.get(), options.durability, file.segment.direct);
  if (!pipeline) return tl::unexpected(pipeline.error());
  return std::unique_ptr<AuditCommitter>(new AuditCommitter(std::move(file), options, state, std::move(*pipeline)));
}

// Zero-filling pays where a commit syncs the file: without it each one would have to commit the file's new size and
// extents too. Where only the page cache counts it would write everything twice. Zeros of an earlier run are written
// again: the file's size does not tell how far they got.
AuditCommitter::AuditCommitter(AuditFile file, const AuditLogOptions& options, AuditCommitState& state,
                               std::unique_ptr<BatchPipeline> pipeline)
    : state_(state),
      options_(options),
      segment_(std::make_shared<AuditSegment>(std::move(file.segment))),
      newest_(segment_),
      pipeline_(std::move(pipeline)),
      builder_(file.scan.position),
      fill_(options.durability == Durability::kPowerLoss),
      filled_(end()),
      durable_blocks_(builder_.position().next_block) {
  for (Batch& batch : batches_) batch.blocks = std::make_unique<AuditBlock[]>(kBatchBlocks);
  if (fill_) zeros_ = std::make_unique<AuditBlock[]>(kFillBytes / kAuditBlockBytes);
}

Status AuditCommitter::open_run() {
  if (auto put = put_marker(AuditBlockKind::kOpening); !put) return put;
  if (auto filling = fill_ahead(kFillBesideBytes); !filling) return filling;
  return drain();
}

void AuditCommitter::run(EngineThread& self) {
  self_ = &self;
  self.begin_wait();  // but for the moments with the records, a slow device is not a stalled thread
  take_role();
  const std::unique_lock role(role_, std::adopt_lock);
  Status status;
  while (status && !over()) status = serve();
  if (state_.sealed.load(std::memory_order_relaxed)) return;  // by who led
  if (status) status = drain();
  if (status) status = put_marker(AuditBlockKind::kClosing);
  if (status) status = drain();
  if (!status) state_.seal(status.error());
}

void AuditCommitter::take_role() {
  wanted_.store(true, std::memory_order_relaxed);
  role_.lock();
  wanted_.store(false, std::memory_order_relaxed);
}

// What the time alone asks for (zeros, a heartbeat) is not wanted while somebody commits. Who was woken insists, and
// who has something to collect: until that is done no sleep would be one.
void AuditCommitter::sleep_without_role(nanoseconds timeout) {
  sleeps_for_ever_ = timeout.count() < 0;
  role_.unlock();
  for (;;) {
    pipeline_->sleep(timeout);
    if (state_.sleeping.load(std::memory_order_seq_cst) == 0 || pipeline_->completed()) return take_role();
    if (role_.try_lock()) return;
    if (timeout.count() >= 0) timeout = std::max(timeout, kFillAfterIdle);  // somebody commits: no hurry
  }
}

bool AuditCommitter::lead() {
  if (wanted_.load(std::memory_order_relaxed)) return false;
  const std::unique_lock role(role_, std::try_to_lock);
  if (!role.owns_lock()) return false;
  const size_t count = records_to_lead();
  if (count == 0) return false;
  leading_ = true;
  leader_ = EngineThread::current();
  if (leader_ != nullptr && leader_->waiting()) leader_ = nullptr;
  const Status status = commit(count);
  if (status) retire_batches();
  end_device_wait();
  leading_ = false;
  if (!status) state_.seal(status.error());
  return !needs_its_thread();
}

size_t AuditCommitter::records_to_lead() const noexcept {
  if (over() || !pipeline_->empty() || builder_.position().at_head()) return 0;
  const size_t count = group();
  return count <= kAuditRecordsPerBlock && !must_wait_for_zeros(1) ? count : 0;
}

// To end, to take up its watch again, or for zeros.
bool AuditCommitter::needs_its_thread() const noexcept {
  if (state_.sealed.load(std::memory_order_relaxed)) return true;
  if (filling_ != 0) return false;
  return sleeps_for_ever_ || (fill_ && filled_ < end() + kFillBesideBytes);
}

bool AuditCommitter::stands_back() const noexcept {
  return lone_commits_ >= kLoneCommitsMin && state_.awaited_by_leader.load(std::memory_order_relaxed);
}

void AuditCommitter::begin_device_wait() noexcept {
  EngineThread* const thread = leading_ ? leader_ : self_;
  if (thread != nullptr) thread->begin_wait();
}

void AuditCommitter::end_device_wait() noexcept {
  EngineThread* const thread = leading_ ? leader_ : self_;
  if (thread != nullptr) thread->end_wait();
}

bool AuditCommitter::finished() const noexcept {
  return state_.stopping.load(std::memory_order_seq_cst) && !state_.ring.claimed(builder_.position().next_sequence);
}

bool AuditCommitter::has_work() const noexcept {
  return state_.ring.published(builder_.position().next_sequence, 1) > 0;
}

Status AuditCommitter::serve() {
  if (auto taken = take_completions(); !taken) return taken;
  if (auto filling = fill_ahead(kFillBesideBytes); !filling) return filling;
  bool blocked = pipeline_->full();
  if (!blocked) {
    const size_t count = group();
    blocked = count > 0 && must_wait_for_zeros(blocks_for(count));
    if (count > 0 && !blocked) return commit(count);
  }
  if (blocked || !pipeline_->empty()) {
    sleep(kForEver, blocked);
    return {};
  }
  return !stands_back() && spin_for_work() ? Status{} : idle();
}

// The newest records get their witness once nothing has come for a while, and the next segment its zeros.
Status AuditCommitter::idle() {
  const auto quiet = nanoseconds(monotonic_ns() - acknowledged_ns_);
  nanoseconds pause = kForEver;
  if (unproven_) {
    if (quiet >= kHeartbeatAfterIdle && !must_wait_for_zeros(2)) return put_marker(AuditBlockKind::kHeartbeat);
    if (quiet < kHeartbeatAfterIdle) pause = kHeartbeatAfterIdle - quiet;
  }
  if (fill_ && filling_ == 0 && filled_ < end() + segment_bytes()) {
    if (quiet >= kFillAfterIdle) return fill_ahead(segment_bytes());
    pause = kFillAfterIdle - quiet;
  }
  sleep(pause, false);
  return {};
}

Status AuditCommitter::take_completions() {
  if (auto reaped = pipeline_->reap(); !reaped) return reaped;
  if (filling_ != 0 && !pipeline_->aside_busy()) {
    filled_ = filling_;
    filling_ = 0;
  }
  retire_batches();
  return {};
}

void AuditCommitter::retire_batches() {
  for (size_t done = pipeline_->retire(); done > 0; --done) {
    const Batch& batch = batches_[first_batch_++ % batches_.size()];
    durable_blocks_ = batch.next_block;
    if (batch.records) acknowledge(batch);
  }
}

void AuditCommitter::acknowledge(const Batch& batch) {
  end_device_wait();
  CRASHWRIGHT_FAULT_POINT("audit.after_write");
  unproven_ = true;
  acknowledged_ns_ = monotonic_ns();
  const bool lone = leading_ || state_.lone(batch.last_sequence);
  lone_commits_ = lone ? std::min(lone_commits_ + 1, kLoneCommitsMin) : 0;
  state_.acknowledge(batch.last_sequence);
  begin_device_wait();
}

size_t AuditCommitter::blocks_for(size_t records) const noexcept {
  const size_t head = builder_.position().at_head() ? 1 : 0;
  return head + (records + kAuditRecordsPerBlock - 1) / kAuditRecordsPerBlock;
}

// How many records go into the next batch. While others are under way there is no hurry: the group may grow.
size_t AuditCommitter::group() const noexcept {
  const size_t blocks = std::min(kBatchBlocks, builder_.position().room()) - blocks_for(0);
  const size_t most = blocks * kAuditRecordsPerBlock;
  const uint64_t first = builder_.position().next_sequence;
  size_t count = state_.ring.published(first, most);
  if (pipeline_->empty()) return count;
  for (size_t grown = count; grown > 0 && count < most; count += grown) {
    for (int i = 0; i < kPausesWhileGrowing; ++i) pause_briefly();
    grown = state_.ring.published(first + count, most - count);
  }
  return count;
}

Result<size_t> AuditCommitter::begin_batch(AuditBlock* blocks) {
  builder_.begin_batch();
  if (!builder_.position().at_head()) return size_t{0};
  if (newest_ == segment_) {
    if (auto created = create_next(); !created) return tl::unexpected(created.error());
  }
  segment_ = newest_;
  builder_.begin_segment(segment_->salt);
  pipeline_->write_to(segment_->fd.get());
  builder_.finish(blocks[0], AuditBlockKind::kSegment, 0, state_.durable.load(std::memory_order_relaxed),
                  durable_blocks_);
  return size_t{1};
}

Status AuditCommitter::commit(size_t count) {
  end_device_wait();
  AuditBlock* const blocks = batches_[pipeline_->next_place()].blocks.get();
  const uint64_t last = builder_.position().next_sequence + count - 1;
  const auto begun = begin_batch(blocks);
  if (!begun) return tl::unexpected(begun.error());
  size_t used = *begun;
  for (size_t left = count; left > 0; ++used) {
    const size_t in_block = std::min(left, kAuditRecordsPerBlock);
    const uint64_t first = builder_.position().next_sequence;
    for (size_t i = 0; i < in_block; ++i) blocks[used].records[i] = state_.ring.at(first + i);
    builder_.finish(blocks[used], AuditBlockKind::kRecords, in_block, state_.durable.load(std::memory_order_relaxed),
                    durable_blocks_);
    left -= in_block;
  }
  state_.ring.release(last);
  if (CRASHWRIGHT_PLANTED("audit_acknowledges_before_write")) state_.acknowledge(last);
  CRASHWRIGHT_FAULT_POINT("audit.before_write");
  begin_device_wait();
  return start(used, true);
}

Status AuditCommitter::put_marker(AuditBlockKind kind) {
  if (kind == AuditBlockKind::kOpening) builder_.begin_run();
  AuditBlock* const blocks = batches_[pipeline_->next_place()].blocks.get();
  const auto begun = begin_batch(blocks);
  if (!begun) return tl::unexpected(begun.error());
  builder_.finish(blocks[*begun], kind, 0, state_.durable.load(std::memory_order_relaxed), durable_blocks_);
  unproven_ = false;
  return start(*begun + 1, false);
}

Status AuditCommitter::start(size_t blocks, bool records) {
  Batch& batch = batches_[pipeline_->next_place()];
  batch.segment = segment_;
  batch.next_block = builder_.position().next_block;
  batch.last_sequence = builder_.position().next_sequence - 1;
  batch.records = records;
  const uint64_t offset = (batch.next_block - blocks) * kAuditBlockBytes;
  filled_ = std::max(filled_, end());
  const auto bytes = std::as_bytes(std::span(batch.blocks.get(), blocks));
  if (writes_here()) return pipeline_->start_here(bytes, offset % segment_bytes());
  pipeline_->start(bytes, offset % segment_bytes());
  return {};
}

// Waits for everything under way.
Status AuditCommitter::drain() {
  for (;;) {
    if (auto taken = take_completions(); !taken) return taken;
    if (pipeline_->empty() && filling_ == 0) return {};
    pipeline_->sleep(kForEver);
  }
}

bool AuditCommitter::spin_for_work() const noexcept {
  for (const uint64_t until = monotonic_ns() + kSpinNs; monotonic_ns() < until;) {
    if (has_work()) return true;
    pause_briefly();
  }
  return false;
}

// The flag goes up before the ring is looked at, a record is published before the flag is: one of the two sees the
// other (both sequentially consistent). `blocked`: records must wait for something under way. With nothing under way
// the role is free meanwhile.
void AuditCommitter::sleep(nanoseconds timeout, bool blocked) {
  state_.sleeping.store(1, std::memory_order_seq_cst);
  const bool work = !blocked && (has_work() || state_.stopping.load(std::memory_order_seq_cst));
  if (!work && pipeline_->empty()) {
    sleep_without_role(timeout);
  } else if (!work) {
    pipeline_->sleep(timeout);
  }
  state_.sleeping.store(0, std::memory_order_seq_cst);
}

Status AuditCommitter::create_next() {
  CRASHWRIGHT_FAULT_POINT("audit.next_segment");
  auto next = create_audit_segment(options_, newest_->number + 1, segment_bytes());
  if (!next) return tl::unexpected(next.error());
  newest_ = std::make_shared<AuditSegment>(std::move(*next));
  return {};
}

// One step of zeros, when fewer than `bytes` of them are ready in front of the data.
Status AuditCommitter::fill_ahead(uint64_t bytes) {
  if (!fill_ || filling_ != 0 || filled_ >= end() + std::min(bytes, segment_bytes())) return {};
  if (filled_ == newest_->number * segment_bytes()) {
    if (auto created = create_next(); !created) return created;
  }
  const uint64_t offset = filled_ % segment_bytes();
  const uint64_t step = std::min(kFillBytes, segment_bytes() - offset);
  filling_ = filled_ + step;
  pipeline_->start_aside(newest_->fd.get(), std::as_bytes(std::span(zeros_.get(), step / kAuditBlockBytes)), offset);
  return {};
}

// Zeros that land late would wipe out the batch.
bool AuditCommitter::must_wait_for_zeros(size_t blocks) const noexcept {
  return filling_ != 0 && end() + blocks * kAuditBlockBytes > filled_;
}

}  // namespace crashwright::postmortem
