// The engine's own account of its state: final_state.json and recovered_state.json. Always the accused, never the
// witness.
//
// Threads: values. Errors: kCorrupt for a document that lacks what the engine promises to write.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::verifiers {

struct EngineOpenOrder {
  uint32_t user_ref = 0;
  int64_t leaves = 0;
  int64_t price_ticks = 0;
  std::string symbol;
  std::string side;
};

struct EngineState {
  std::map<std::string, int64_t> positions;  // flat symbols left out
  int64_t cash_ticks = 0;
  uint64_t feed_sequence = 0;
  uint64_t audit_sequence = 0;         // recovered_state.json only
  uint64_t next_session_sequence = 0;  // recovered_state.json only
  uint64_t next_user_ref = 0;          // recovered_state.json only
  std::vector<EngineOpenOrder> open_orders;
  std::vector<uint32_t> in_doubt;
  bool kill_switch = false;
};

[[nodiscard]] Result<EngineState> read_engine_state(const std::string& path);
// The same from the text of such a document.
[[nodiscard]] Result<EngineState> parse_engine_state(const std::string& text);

// What two such documents say differently, member by member, in words, open orders one by one; a text that is no such
// document is told as that. Empty: they say the same.
[[nodiscard]] std::vector<std::string> describe_differences(const std::string& found, const std::string& uninterrupted);

// "AAPL 100, MSFT -20" for messages.
[[nodiscard]] std::string describe_positions(const std::map<std::string, int64_t>& positions);

}  // namespace crashwright::verifiers
