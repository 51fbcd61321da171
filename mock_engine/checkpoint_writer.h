// Checkpoints: now and then the order state goes to the state store, so that recovery need not replay the whole log.
//
// A snapshot is taken at once, but written only when the audit log is durable up to its sequence: it must never know
// more than the log that survives. Once it is durable, segments of the log that the one before it holds already may be
// archived, if that is asked for: a failure to do so is told and costs nothing but room.
// Threads: the trading thread alone. Signal context: no.
// Errors:  a store that failed once is not trusted again (a failed sync leaves clean pages behind): the reason to stop.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "mock_engine/engine_options.h"
#include "mock_engine/order_journal.h"
#include "mock_engine/stop_reason.h"
#include "postmortem/state_store.h"

namespace crashwright::mock_engine {

class CheckpointWriter {
 public:
  // `newest`: sequence of the newest snapshot in the store; `log_id`: of the log whose fold is written. `options`
  // outlives the writer.
  CheckpointWriter(std::unique_ptr<postmortem::StateStore> store, const EngineOptions& options, uint64_t newest,
                   uint32_t log_id);

  // Takes a snapshot when one is due and writes the one that waits, if it may be written. Called often.
  [[nodiscard]] Step poll(OrderJournal& journal);
  // Takes a snapshot now, due or not, writes and records it. The log is durable up to it. Nothing when nothing happened
  // since the last one.
  [[nodiscard]] Step take_last(OrderJournal& journal);
  [[nodiscard]] bool waiting() const { return waiting_.has_value(); }

  // At once: the log is durable up to it.
  [[nodiscard]] Step write(const OrderState& state) { return write(snapshot_of(state)); }

 private:
  void take(const OrderState& state);
  [[nodiscard]] Step write_waiting(OrderJournal& journal);
  [[nodiscard]] postmortem::StateSnapshot snapshot_of(const OrderState& state) const;
  [[nodiscard]] Step write(const postmortem::StateSnapshot& snapshot);

  void archive_up_to(uint64_t sequence) const;

  const std::unique_ptr<postmortem::StateStore> store_;
  const EngineOptions& options_;
  const uint32_t log_id_;
  uint64_t newest_;       // that the store holds, or that was too large for it
  uint64_t written_ = 0;  // snapshots
  std::optional<postmortem::StateSnapshot> waiting_;
};

}  // namespace crashwright::mock_engine
