#include "postmortem/audit_log.h"

#include <system_error>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "postmortem/audit_commit_state.h"
#include "postmortem/audit_committer.h"
#include "postmortem/audit_file.h"
#include "postmortem/device_wait.h"
#include "postmortem/engine_thread.h"
#include "postmortem/event_clock.h"
#include "postmortem/fault_point.h"
#include "postmortem/futex.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

using std::chrono::nanoseconds;

constexpr int kSpinsBeforeSleep = 64;
constexpr uint64_t kWaitSpinNs =
    200'000;  // a commit is often over by then; waking a sleeper takes as long as half of it
constexpr int kPausesBeforeYield = 32;

void pause_briefly() noexcept { __builtin_ia32_pause(); }

// A witness, not a lock: of two threads that pass here at once the lower may win for a moment.
void raise_to(std::atomic<uint64_t>& counter, uint64_t value) noexcept {
  if (counter.load(std::memory_order_relaxed) < value) counter.store(value, std::memory_order_relaxed);
}

class GroupCommitLog final : public AuditLog {
 public:
  GroupCommitLog(const AuditLogOptions& options, uint64_t next_sequence)
      : watchdog_(options.watchdog), state_(options.ring_records, next_sequence) {}
  ~GroupCommitLog() override { static_cast<void>(close()); }

  // Writes the opening block and starts the committer.
  [[nodiscard]] Status start(AuditFile file, const AuditLogOptions& options);

  uint64_t append(AuditRecord& record) noexcept override;
  [[nodiscard]] bool append_durable(AuditRecord& record, nanoseconds timeout) override;
  [[nodiscard]] uint64_t durable_up_to() const noexcept override {
    return state_.durable.load(std::memory_order_acquire);
  }
  [[nodiscard]] bool wait_durable(uint64_t sequence, nanoseconds timeout) override;
  [[nodiscard]] bool sealed() const noexcept override { return state_.sealed.load(std::memory_order_acquire); }
  [[nodiscard]] Error seal_reason() const override;
  [[nodiscard]] Status close() override;

 private:
  [[nodiscard]] uint64_t take(AuditRecord& record) noexcept;
  [[nodiscard]] bool wait(uint64_t sequence, nanoseconds timeout, bool by_leader);
  [[nodiscard]] bool wait_for_room(uint64_t sequence) const noexcept;
  [[nodiscard]] bool over(uint64_t sequence) const noexcept { return durable_up_to() >= sequence || sealed(); }
  [[nodiscard]] bool spin_alone(uint64_t sequence) const noexcept;
  void wake_committer() noexcept;

  Watchdog* const watchdog_;
  AuditCommitState state_;
  EventClock clock_;
  std::unique_ptr<AuditCommitter> committer_;
  std::thread thread_;
};

Status GroupCommitLog::start(AuditFile file, const AuditLogOptions& options) {
  auto committer = AuditCommitter::make(std::move(file), options, state_);
  if (!committer) return tl::unexpected(committer.error());
  committer_ = std::move(*committer);
  if (auto opened = committer_->open_run(); !opened) return opened;
  state_.witness.audit_appended.store(durable_up_to(), std::memory_order_relaxed);
  state_.witness.audit_durable.store(durable_up_to(), std::memory_order_relaxed);
  try {
    thread_ = std::thread([this] {
      EngineThread self("audit_commit", watchdog_);
      committer_->run(self);
    });
  } catch (const std::system_error& error) {
    return fail(ErrorKind::kEnvironment, std::string("start the committer: ") + error.what());
  }
  return {};
}

// Into the ring; the committer does not know of it yet.
[[gnu::always_inline]] inline uint64_t GroupCommitLog::take(AuditRecord& record) noexcept {
  CRASHWRIGHT_FAULT_POINT("audit.append");
  if (state_.refusing.load(std::memory_order_acquire)) return 0;
  const EventClock::Time now = clock_.now();
  const uint64_t sequence = state_.ring.claim();
  record.sequence = sequence;
  record.wall_ns = CRASHWRIGHT_PLANTED("audit_clock_zero") ? 0 : now.wall_ns;
  record.monotonic_ns = now.monotonic_ns;
  if (CRASHWRIGHT_PLANTED("audit_forgets_the_price")) record.price_ticks = 0;
  if (!state_.ring.has_room(sequence) && !wait_for_room(sequence)) return 0;
  state_.ring.publish(record);
  raise_to(state_.witness.audit_appended, sequence);
  return sequence;
}

uint64_t GroupCommitLog::append(AuditRecord& record) noexcept {
  const uint64_t sequence = take(record);
  if (sequence != 0) wake_committer();
  return sequence;
}

bool GroupCommitLog::append_durable(AuditRecord& record, nanoseconds timeout) {
  const uint64_t sequence = take(record);
  if (sequence == 0) return false;
  if (!committer_->lead()) wake_committer();
  const DeviceWait waiting;
  return wait(sequence, timeout, true);
}

// Only a sealed log leaves a claimed sequence unpublished; a closing one drains the ring and makes room.
bool GroupCommitLog::wait_for_room(uint64_t sequence) const noexcept {
  const DeviceWait waiting;
  for (int spins = 0; !state_.ring.has_room(sequence); ++spins) {
    if (sealed()) return false;
    if (spins < kSpinsBeforeSleep) {
      pause_briefly();
    } else {
      std::this_thread::yield();
    }
  }
  return true;
}

// The record is published before the flag is read, the committer raises the flag before it looks for records.
void GroupCommitLog::wake_committer() noexcept {
  if (state_.sleeping.load(std::memory_order_seq_cst) == 0) return;
  if (state_.sleeping.exchange(0, std::memory_order_seq_cst) != 0) committer_->wake();
}

bool GroupCommitLog::wait_durable(uint64_t sequence, nanoseconds timeout) { return wait(sequence, timeout, false); }

bool GroupCommitLog::wait(uint64_t sequence, nanoseconds timeout, bool by_leader) {
  if (durable_up_to() >= sequence) return true;
  const Deadline deadline(timeout);
  const bool alone = state_.waiters.fetch_add(1, std::memory_order_seq_cst) == 0;
  state_.awaited.store(sequence, std::memory_order_relaxed);
  state_.awaited_by_leader.store(by_leader, std::memory_order_relaxed);
  bool reached = alone && timeout >= nanoseconds(kWaitSpinNs) && spin_alone(sequence);
  while (!reached) {
    const uint32_t epoch = state_.wait_epoch.load(std::memory_order_seq_cst);
    reached = state_.durable.load(std::memory_order_seq_cst) >= sequence;
    if (reached || state_.sealed.load(std::memory_order_seq_cst) || deadline.passed()) break;
    futex_wait(state_.wait_epoch, epoch, deadline.remaining());
  }
  state_.waiters.fetch_sub(1, std::memory_order_seq_cst);
  return reached;
}

// Gives the processor away between looks, so that it takes time from nobody who has work.
bool GroupCommitLog::spin_alone(uint64_t sequence) const noexcept {
  for (const uint64_t until = monotonic_ns() + kWaitSpinNs; monotonic_ns() < until;) {
    for (int i = 0; i < kPausesBeforeYield; ++i) {
      if (over(sequence)) return durable_up_to() >= sequence;
      pause_briefly();
    }
    std::this_thread::yield();
  }
  return false;
}

Error GroupCommitLog::seal_reason() const {
  CRASHWRIGHT_CHECK(sealed(), "there is a reason only once the log is sealed");
  return state_.seal_reason;
}

Status GroupCommitLog::close() {
  state_.refusing.store(true, std::memory_order_release);
  state_.stopping.store(true, std::memory_order_seq_cst);
  if (thread_.joinable()) {
    wake_committer();
    thread_.join();
  }
  committer_.reset();
  if (sealed()) return tl::unexpected(state_.seal_reason);
  return {};
}

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(const AuditLogOptions& options, AuditReadout* readout) {
  auto file = open_audit_file(options);
  if (!file) return tl::unexpected(file.error());
  if (readout != nullptr) *readout = std::move(file->scan.readout);
  file->scan.readout = {};
  auto log = std::make_unique<GroupCommitLog>(options, file->scan.position.next_sequence);
  if (auto started = log->start(std::move(*file), options); !started) {
    return fail(started.error().kind, "audit log " + options.path + ": " + started.error().message);
  }
  return log;
}

}  // namespace crashwright::postmortem
