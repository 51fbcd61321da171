// The limit order books of all instruments of the feed, built from its order messages.
//
// Threads: the trading thread alone. Signal context: no.
// Units:   prices in ticks of 1/10,000, quantities in shares.
// Errors:  none returned. A message about an order that the book does not know (a feed joined late, a damaged message)
//          changes nothing and is counted; that is not an error, the feed is not ours.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "mock_engine/book_event.h"

namespace crashwright::mock_engine {

struct PriceLevel {
  uint32_t price_ticks = 0;
  uint64_t shares = 0;
};

// The best prices of one instrument; shares 0 means the side is empty.
struct TopOfBook {
  PriceLevel bid;
  PriceLevel ask;
};

class OrderBook {
 public:
  OrderBook();

  // Applies one message. True when it changed the book of `event.locate`.
  bool apply(const BookEvent& event);

  [[nodiscard]] TopOfBook top(uint16_t locate) const;
  // Without the feed's padding; empty while the feed has not named the instrument.
  [[nodiscard]] const std::string& symbol(uint16_t locate) const;
  [[nodiscard]] uint64_t unknown_orders() const { return unknown_orders_; }
  [[nodiscard]] size_t resting_orders() const { return orders_.size(); }

 private:
  struct RestingOrder {
    uint32_t price_ticks;
    uint32_t shares;
    uint16_t locate;
    char side;
  };
  // Levels with the best price last, so that the frequent changes near the top move few elements.
  struct Instrument {
    std::string symbol;
    std::vector<PriceLevel> bids;
    std::vector<PriceLevel> asks;
  };

  Instrument& instrument(uint16_t locate);
  void name_instrument(const BookEvent& event);
  bool add(uint64_t order_id, const RestingOrder& order);
  bool reduce(uint64_t order_id, uint32_t shares);
  bool remove(uint64_t order_id);
  bool replace(const BookEvent& event);
  void change_level(const RestingOrder& order, int64_t shares);

  std::vector<Instrument> instruments_;  // by locate
  std::unordered_map<uint64_t, RestingOrder> orders_;
  uint64_t unknown_orders_ = 0;
};

}  // namespace crashwright::mock_engine
