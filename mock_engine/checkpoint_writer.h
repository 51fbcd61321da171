// Checkpoints: now and then the order state goes to the state store, so that recovery need not replay the whole log.
//
// A snapshot is taken at once, but written only when the audit log is durable up to its sequence: a snapshot must never
// know more than the log that survives.
// Threads: the trading thread alone. Signal context: no.
// Errors:  a store that failed once is not trusted again (a failed sync leaves clean pages behind): the reason to stop.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "mock_engine/order_journal.h"
#include "mock_engine/stop_reason.h"
#include "postmortem/state_store.h"

namespace crashwright::mock_engine {

class CheckpointWriter {
 public:
  // `every_records`: audit records between two checkpoints. `newest`: sequence of the newest snapshot in the store.
  CheckpointWriter(std::unique_ptr<postmortem::StateStore> store, uint64_t every_records, uint64_t newest);

  // Takes a snapshot when one is due and writes the one that waits, if it may be written. Called often.
  [[nodiscard]] Step poll(OrderJournal& journal);
  // Takes a snapshot now, due or not. Nothing when nothing happened since the last one.
  void take(const OrderState& state);
  [[nodiscard]] bool waiting() const { return waiting_.has_value(); }

  [[nodiscard]] Step write(uint64_t sequence, std::span<const std::byte> payload);

 private:
  struct Waiting {
    uint64_t sequence;
    std::vector<std::byte> payload;
  };

  const std::unique_ptr<postmortem::StateStore> store_;
  const uint64_t every_records_;
  uint64_t newest_;       // that the store holds, or that was too large for it
  uint64_t written_ = 0;  // snapshots
  std::optional<Waiting> waiting_;
};

}  // namespace crashwright::mock_engine
