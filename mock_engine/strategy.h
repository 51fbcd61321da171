// The strategy of the reference engine: leans on the imbalance at the top of the book, moves and withdraws its orders.
//
// It is no good at making money. It is good at being the same every time: state and decisions are a function of the
// feed alone. It believes its own orders to rest until it withdraws them itself; what the exchange made of them is none
// of its business (a replace or cancel of an order that is already done is ignored by the exchange, as in real OUCH).
// Rate: one decision for 32 to 63 changes of a book, so roughly one for 50 feed messages.
// Threads: the trading thread alone. Signal context: no. Errors: none.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "mock_engine/book_event.h"
#include "mock_engine/decision.h"
#include "mock_engine/order_book.h"

namespace crashwright::mock_engine {

class Strategy {
 public:
  // Call after the book of `event.locate` changed. A decision that is returned counts only once commit() took it.
  std::optional<Decision> on_book_update(const BookEvent& event, const OrderBook& book);

  // The decision passed the risk gate and gets its number for good.
  void commit(const Decision& decision);

  // The UserRefNum that the next committed enter or replace will carry.
  [[nodiscard]] uint32_t next_user_ref() const { return next_user_ref_; }

 private:
  struct BelievedOrder {
    uint32_t user_ref;
    uint32_t quantity;
    char side;
  };
  struct Instrument {
    uint32_t updates_to_wait = 0;
    uint32_t evaluations = 0;
    int64_t exposure = 0;              // shares bought less shares sold, if everything entered were filled
    std::deque<BelievedOrder> orders;  // oldest first
  };

  Instrument& instrument(uint16_t locate);
  void enter(Decision& decision, const Instrument& state, const TopOfBook& top, uint64_t roll) const;
  void replace(Decision& decision, const Instrument& state, const TopOfBook& top, uint64_t roll) const;
  static void cancel(Decision& decision, const Instrument& state);

  std::vector<Instrument> instruments_;  // by locate
  uint32_t next_user_ref_ = 1;
};

}  // namespace crashwright::mock_engine
