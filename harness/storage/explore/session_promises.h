// What an engine's session had promised to the outside by each crash point, and what the exchange had told it.
//
// Two witnesses: the control block (audit sequences counted as durable, orders handed to the socket), whose counters
// the storage layer notes before each operation; and the exchange, whose drop copy says when an order had arrived.
// Threads: immutable once made; const functions from any thread. Errors: none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/storage/explore/recording.h"
#include "verifiers/drop_copy.h"
#include "verifiers/engine_state.h"

namespace crashwright::harness {

// All zero: nothing yet.
struct Promised {
  uint64_t audit_durable = 0;   // audit sequences up to here counted as durable
  uint64_t last_sent = 0;       // audit sequence of the last intent handed to the socket
  uint64_t order_received = 0;  // the highest order number that the exchange has seen
};

class SessionPromises {
 public:
  // Adds what the exchange saw to the recording's acknowledgements.
  SessionPromises(Recording& recording, std::vector<verifiers::ExchangeEvent> drop_copy);

  // By the first `acked` acknowledgements.
  [[nodiscard]] Promised after(uint32_t acked) const { return after_.at(acked); }
  // Empty, or how what recovery found breaks a promise.
  [[nodiscard]] std::string broken(const verifiers::EngineState& recovered, uint32_t acked) const;

 private:
  [[nodiscard]] std::string against_exchange(const verifiers::EngineState& recovered) const;

  std::vector<verifiers::ExchangeEvent> drop_copy_;
  std::vector<Promised> after_;  // by number of acknowledgements
};

}  // namespace crashwright::harness
