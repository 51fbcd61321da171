// One feed message that concerns the book, normalised from ITCH: what travels from the feed to the trading thread.
//
// Plain data, one cache line. Prices in ticks of 1/10,000, quantities in shares, time in nanoseconds since midnight as
// the feed states it. Messages that change no book (system events, trades off the book) travel as kOther, because the
// feed sequence counts every message.
// Threads: a value. Signal context: yes.
#pragma once

#include <cstdint>

namespace crashwright::mock_engine {

enum class BookEventType : uint8_t {
  kOther,      // counts in the sequence, changes nothing
  kDirectory,  // names the stock behind `locate`
  kAdd,        // order_id, side, shares, price_ticks
  kReduce,     // order_id loses `shares` (executed or cancelled in part)
  kDelete,     // order_id leaves the book
  kReplace,    // order_id leaves, new_order_id takes its side with shares and price_ticks
};

struct BookEvent {
  uint64_t sequence;  // feed sequence, 1 is the first message
  uint64_t time_ns;
  uint64_t order_id;
  uint64_t new_order_id;
  uint32_t price_ticks;
  uint32_t shares;
  uint16_t locate;
  BookEventType type;
  char side;       // 'B' or 'S' of kAdd, 0 otherwise
  char symbol[8];  // of kDirectory and kAdd, padded with spaces as in the feed
};

}  // namespace crashwright::mock_engine
