// What the strategy wants done: one order message, before the risk gate and the audit log have seen it.
//
// A decision follows from the feed alone, never from fills or clocks, so the n-th decision of a session is the same in
// every run and after every crash, its UserRefNum included.
// Threads: a value. Signal context: yes.
#pragma once

#include <cstdint>

#include "base/bounded_string.h"

namespace crashwright::mock_engine {

enum class DecisionKind : uint8_t { kEnter, kReplace, kCancel };

struct Decision {
  DecisionKind kind = DecisionKind::kEnter;
  char side = 'B';
  uint16_t locate = 0;
  uint32_t user_ref = 0;           // the new order of enter and replace; the order to cancel of cancel
  uint32_t original_user_ref = 0;  // the order that a replace takes the place of
  uint32_t quantity = 0;           // shares; of a cancel the shares that may stay, 0
  uint32_t price_ticks = 0;
  uint64_t feed_sequence = 0;  // the message that caused it
  uint64_t feed_time_ns = 0;
  BoundedString<10> symbol{};
};

}  // namespace crashwright::mock_engine
