// A matching engine without sockets, and orders whose fate is known beforehand. Tests only.
//
// Threads: one owner. Errors: a failed Boost.Test check. Signal context: no.
#pragma once

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>

#include "mock_engine/exchange/fill_plan.h"
#include "mock_engine/exchange/matching_engine.h"
#include "mock_engine/soupbintcp.h"

namespace crashwright::mock_engine::exchange {

inline constexpr uint64_t kPrice = 1'000'000;

struct Exchange {
  explicit Exchange(const Misbehaviour& misbehaviour = {}) : engine(misbehaviour, stream, drop_copy) {}

  template <typename Message>
  void send(const Message& message) {
    std::byte buffer[ouch::kMessageBytesMax];
    engine.on_message({buffer, ouch::encode(message, buffer)}, 0);
  }
  void enter(uint32_t user_ref, uint32_t quantity, char side = 'B', char time_in_force = ouch::kDay) {
    ouch::EnterOrder order;
    order.user_ref = user_ref;
    order.side = side;
    order.quantity = quantity;
    order.symbol = Symbol::of("AAPL");
    order.price_ticks = kPrice;
    order.time_in_force = time_in_force;
    send(order);
  }
  void replace(uint32_t original, uint32_t user_ref, uint32_t quantity) {
    ouch::ReplaceOrder order;
    order.original_user_ref = original;
    order.user_ref = user_ref;
    order.quantity = quantity;
    order.price_ticks = kPrice;
    send(order);
  }
  void cancel(uint32_t user_ref, uint32_t quantity = 0) {
    ouch::CancelOrder message;
    message.user_ref = user_ref;
    message.quantity = quantity;
    send(message);
  }
  // Types of the messages since `sequence`, and all of them visited.
  std::string answers(uint64_t sequence, const std::function<void(Bytes)>& visit = {}) const {
    std::string types;
    for (; sequence < stream.next_sequence(); ++sequence) {
      const Bytes packet = stream.packets(stream.offset_of(sequence), stream.offset_of(sequence + 1));
      types.push_back(static_cast<char>(packet[soup::kHeaderBytes]));
      if (visit) visit(packet.subspan(soup::kHeaderBytes));
    }
    return types;
  }
  std::string json() const {
    Books::Totals totals;
    totals.sequenced_messages = stream.next_sequence() - 1;
    totals.orders_entered = engine.orders_entered();
    totals.retransmissions = engine.retransmissions();
    return engine.books().to_json(engine.violations(), totals);
  }
  [[nodiscard]] Order order(uint32_t user_ref) const {
    for (const Order& order : engine.books().orders()) {
      if (order.user_ref == user_ref) return order;
    }
    BOOST_FAIL("no such order");
    return {};
  }

  SequencedStream stream;
  DropCopy drop_copy;
  MatchingEngine engine;
};

// The first UserRefNum from `from` whose order in AAPL has such a plan.
inline uint32_t user_ref_with(uint32_t from, uint32_t quantity, const std::function<bool(const FillPlan&)>& wanted) {
  for (uint32_t user_ref = from;; ++user_ref) {
    if (wanted(plan_fills(Symbol::of("AAPL"), user_ref, kPrice, quantity))) return user_ref;
  }
}

inline bool stays_open(const FillPlan& plan) {
  return !plan.reject && plan.fill_count == 0 && !plan.fills_oldest_open_order;
}

inline uint32_t open_ref(uint32_t from) { return user_ref_with(from, 100, stays_open); }

}  // namespace crashwright::mock_engine::exchange
