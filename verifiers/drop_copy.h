// What the exchange knows: its event stream (drop_copy.jsonl) and its final books (exchange.json).
//
// The exchange is a process of its own that no fault of a case touches; this is the witness of four promises.
// Threads: values. Errors: kCorrupt with the line number for a line that is no event; a last line without its newline
// (the exchange was killed while writing) is dropped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::verifiers {

// One open or closed order as the exchange books it; prices in ticks of 1/10,000, quantities in shares.
struct ExchangeOrder {
  uint32_t user_ref = 0;
  std::string symbol;
  std::string side;
  int64_t quantity = 0;
  int64_t executed = 0;
  int64_t leaves = 0;
  int64_t price_ticks = 0;
  std::string state;
  auto operator<=>(const ExchangeOrder&) const = default;
};

struct ExchangeEvent {
  std::string kind;  // "in" "out" "connect" "login" "disconnect" "violation"
  std::string type;  // "enter", "executed", ...
  uint64_t number = 0;
  uint64_t monotonic_ns = 0;
  uint64_t session_sequence = 0;  // of "out" events
  uint32_t user_ref = 0;
  uint32_t original_user_ref = 0;
  std::string symbol;
  std::string side;
  int64_t quantity = 0;
  int64_t price_ticks = 0;
  int64_t leaves = 0;
  uint64_t match_id = 0;  // of an execution, or of one that is taken back
  uint64_t order_id = 0;  // the exchange's own number of the order
  std::string reason;     // of "canceled" and "rejected"
};

struct ExchangeBooks {
  std::map<std::string, int64_t> positions;  // flat symbols left out
  int64_t cash_ticks = 0;
  std::vector<ExchangeOrder> orders;  // in order of user_ref
  std::map<std::string, uint64_t> violations;
  uint64_t sequenced_messages = 0;
};

[[nodiscard]] Result<std::vector<ExchangeEvent>> read_drop_copy(const std::string& path);
[[nodiscard]] Result<ExchangeBooks> read_exchange_books(const std::string& path);

// The events of `folder`/drop_copy.jsonl; kCorrupt when they end before the last message that the books in
// `folder`/exchange.json count: a witness whose tail is cut would see nothing wrong.
[[nodiscard]] Result<std::vector<ExchangeEvent>> read_complete_drop_copy(const std::string& folder);

// The position and cash that follow from the executions and breaks with session sequence below `next_sequence`, and
// the orders open at that moment: what a client that has applied exactly those messages must believe.
struct DropCopyFold {
  std::map<std::string, int64_t> positions;  // flat symbols left out
  int64_t cash_ticks = 0;
  std::map<uint32_t, int64_t> open_leaves;  // by user_ref, orders with shares left only
};
[[nodiscard]] DropCopyFold fold_drop_copy(const std::vector<ExchangeEvent>& events, uint64_t next_sequence);

}  // namespace crashwright::verifiers
