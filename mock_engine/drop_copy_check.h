// The engine's books against the exchange's drop copy, before anything new is sent.
//
// Compared is what a client that has applied every message below `next_session_sequence` must hold: positions symbol by
// symbol, cash, and of each open order shares left, symbol, side and price. The exchange writes its drop copy before it
// answers, so that the file is never behind what the engine has been told: one that is, is a stale copy of it.
// Threads: pure function over the file system. Signal context: no.
// Errors:  kIo, kCorrupt for a line that is not one of a drop copy, and for a copy that ends before the last message
//          applied. A last line without its end is no error.
// Format:  exchange/drop_copy_format.md
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "mock_engine/order_state.h"

namespace crashwright::mock_engine {

struct BookDifference {
  std::string what;  // "AAPL", "cash", "order 17", "price of order 17"
  int64_t ours = 0;
  int64_t theirs = 0;
  uint32_t user_ref = 0;      // of an order, 0 otherwise
  std::string our_word = {};  // what a symbol or a side is instead of a number
  std::string their_word = {};

  [[nodiscard]] std::string text() const;
};

[[nodiscard]] Result<std::vector<BookDifference>> compare_with_drop_copy(const std::string& path,
                                                                         const OrderState& state);

}  // namespace crashwright::mock_engine
