#include "mock_engine/checkpoint_writer.h"

#include <algorithm>
#include <utility>

#include "mock_engine/exchange_feedback.h"
#include "mock_engine/order_state_hash.h"
#include "mock_engine/order_state_snapshot.h"
#include "postmortem/audit_archive.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {

CheckpointWriter::CheckpointWriter(std::unique_ptr<postmortem::StateStore> store, const EngineOptions& options,
                                   uint64_t newest, uint32_t log_id)
    : store_(std::move(store)), options_(options), log_id_(log_id), newest_(newest) {}

Step CheckpointWriter::poll(OrderJournal& journal) {
  if (!waiting_ && journal.state().audit_sequence >= newest_ + std::max<uint64_t>(options_.checkpoint_every, 1))
    take(journal.state());
  return waiting_ && journal.durable(waiting_->sequence) ? write_waiting(journal) : Step{};
}

Step CheckpointWriter::take_last(OrderJournal& journal) {
  take(journal.state());
  return waiting_ ? write_waiting(journal) : Step{};
}

Step CheckpointWriter::write_waiting(OrderJournal& journal) {
  const postmortem::StateSnapshot ready = std::move(*waiting_);
  waiting_.reset();
  const uint64_t written_before = written_;
  if (auto written = write(ready); !written) return written;
  if (written_ == written_before) return {};
  postmortem::AuditRecord record{};
  record.type = postmortem::AuditRecordType::kCheckpoint;
  record.match_id = ready.sequence;
  if (!journal.record(record)) return stop_sealed(journal.log());
  return {};
}

void CheckpointWriter::take(const OrderState& state) {
  if (state.audit_sequence <= newest_) return;
  waiting_ = snapshot_of(state);
}

postmortem::StateSnapshot CheckpointWriter::snapshot_of(const OrderState& state) const {
  return {{state.audit_sequence, hash_of_state(state, sum_of_parts(state)), log_id_}, encode_order_state(state)};
}

__attribute__((noinline)) Step CheckpointWriter::write(const postmortem::StateSnapshot& snapshot) {
  const uint64_t sequence = snapshot.sequence;
  if (CRASHWRIGHT_PLANTED("segments_archived_before_the_checkpoint")) archive_up_to(sequence);
  CRASHWRIGHT_FAULT_POINT("checkpoint.before_write");
  if (auto written = store_->write(snapshot, snapshot.payload); !written) {
    if (written.error().kind == ErrorKind::kUsage) {
      // Too large for a slot: nothing was touched, and the log holds everything. Recovery replays more, that is all.
      CRASHWRIGHT_LOG_WARN("no checkpoint of audit sequence {}: {}", sequence, written.error().message);
      newest_ = sequence;
      return {};
    }
    const std::string why = "state store sealed: " + written.error().message;
    CRASHWRIGHT_LOG_ERROR("{}; nothing more is sent", why);
    return stop(ExitCode::kStorageSealed, why);
  }
  const uint64_t before = std::exchange(newest_, sequence);
  ++written_;
  CRASHWRIGHT_FAULT_POINT("checkpoint.after_write");
  CRASHWRIGHT_LOG_INFO("checkpoint of audit sequence {}, {} bytes", sequence, snapshot.payload.size());
  archive_up_to(before);
  return {};
}

void CheckpointWriter::archive_up_to(uint64_t sequence) const {
  if (!options_.archive_segments || sequence == 0) return;
  const auto moved = postmortem::archive_audit_segments(options_.audit_path(), sequence, options_.durability);
  if (!moved) CRASHWRIGHT_LOG_WARN("segments of the audit log stay where they are: {}", moved.error().message);
  if (moved && *moved > 0) CRASHWRIGHT_LOG_INFO("{} segments up to audit sequence {} archived", *moved, sequence);
}

}  // namespace crashwright::mock_engine
