// Everything the engine is told on its command line.
//
// Threads: a value, const after parsing. Signal context: no.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "mock_engine/exchange_connection.h"
#include "mock_engine/feed_source.h"
#include "postmortem/audit_log.h"

namespace crashwright::mock_engine {

class TickToOrder;

// The order of an order's two ways: into the audit log, and to the exchange.
enum class OrderLogging : uint8_t {
  kBeforeSend,  // durable before it is sent: the log is the truth, and the exchange is asked what became of the rest
  kAfterSend,   // sent, then logged: the exchange is the truth, and tells what the log does not hold
};

struct EngineOptions {
  std::string data_folder;        // audit.log and its later segments, state.bin, lock
  std::string postmortem_folder;  // flight recorder, crash record, final_state.json
  FeedOptions feed;
  Endpoint exchange;
  postmortem::Durability durability = postmortem::Durability::kProcessDeath;
  OrderLogging order_logging = OrderLogging::kBeforeSend;
  bool allow_config_change = false;
  std::string drop_copy;  // the exchange's, to compare with before anything is sent; empty: not compared
  bool recover_only = false;
  uint64_t checkpoint_every = 1'000;  // audit records
  uint64_t segment_bytes = 1 << 20;   // of the audit log's files; small, so that a session crosses boundaries
  bool archive_segments = false;      // those below the older of the two snapshots
  std::chrono::milliseconds stall_after{500};
  uint64_t feed_rate = 0;            // messages per second, 0: as fast as possible
  uint64_t kill_switch_at_feed = 0;  // feed sequence at which the risk gate throws it, 0: never
  std::string limits_file;           // of the risk gate; empty: the defaults
  std::string configuration = "A";   // its name; a data folder belongs to one
  uint32_t quarantine_after = 3;     // deaths in a row at the same input
  uint32_t restarts_max = 8;         // futile starts in a row
  std::vector<std::string> planted_bugs;
  TickToOrder* tick_to_order = nullptr;  // of a benchmark that runs the session in its own process; null: not measured

  [[nodiscard]] std::string audit_path() const { return data_folder + "/audit.log"; }
  [[nodiscard]] std::string state_path() const { return data_folder + "/state.bin"; }
  [[nodiscard]] std::string lock_path() const { return data_folder + "/lock"; }
  [[nodiscard]] std::string inputs_path() const { return data_folder + "/inputs.bin"; }
  [[nodiscard]] std::string configuration_path() const { return data_folder + "/configuration"; }
};

}  // namespace crashwright::mock_engine
