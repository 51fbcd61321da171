// What the exchange knows of its one client: orders, positions, cash and sins. The truth others are judged by.
//
// Orders are found by UserRefNum; new ones come in increasing order, as OUCH demands, so they are kept sorted for free.
// Units: quantities are shares, prices and cash ticks of 1/10,000 (cash falls by price times shares when buying).
// Threads: one owner. Errors: none. Signal context: no.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "mock_engine/ouch.h"

namespace crashwright::mock_engine::exchange {

enum class OrderState : uint8_t { kOpen, kFilled, kCanceled, kReplaced, kRejected };

[[nodiscard]] const char* order_state_name(OrderState state) noexcept;

struct Order {
  uint32_t user_ref = 0;
  char side = 'B';
  char time_in_force = ouch::kDay;
  char display = 'Y';
  char capacity = 'P';
  char intermarket_sweep = 'N';
  char cross_type = 'N';
  OrderState state = OrderState::kOpen;
  uint32_t quantity = 0;         // open when it came in
  uint32_t executed = 0;         // of this order
  uint32_t leaves = 0;           // still open
  uint32_t executed_before = 0;  // by the orders that this one replaced
  uint64_t price_ticks = 0;
  uint64_t order_reference = 0;
  Symbol symbol{};
  ouch::ClientOrderId client_order_id{};

  // What OUCH's total quantities of replace and cancel are compared with.
  [[nodiscard]] uint32_t chain_executed() const noexcept { return executed_before + executed; }
};

struct Violations {
  uint64_t reused_user_ref = 0;
  uint64_t order_after_kill_switch = 0;
  uint64_t sequence_gap = 0;
  uint64_t malformed = 0;
  uint64_t login_storm = 0;  // more than 20 logins within a second, or one after 6 refusals within 25 ms
};

class Books {
 public:
  // `order.user_ref` must be above every earlier one.
  Order& add(const Order& order);
  [[nodiscard]] Order* find(uint32_t user_ref) noexcept;
  // The order that came first of those open in `symbol`, or null.
  [[nodiscard]] Order* oldest_open(const Symbol& symbol);
  // UserRefNums of the open orders, ascending; a blank symbol means all.
  [[nodiscard]] std::vector<uint32_t> open_orders(const Symbol& symbol) const;

  // Books `shares` of `order` at `price_ticks`.
  void execute(Order& order, uint32_t shares, uint64_t price_ticks);
  // Takes back an execution; the order stays as it is.
  void break_trade(const Order& order, uint32_t shares, uint64_t price_ticks);

  [[nodiscard]] const std::vector<Order>& orders() const noexcept { return orders_; }
  [[nodiscard]] int64_t cash_ticks() const noexcept { return cash_ticks_; }
  [[nodiscard]] int64_t position(const Symbol& symbol) const;

  // One JSON object, keys in order, orders ascending: the content of exchange.json apart from what the server adds.
  struct Totals {
    uint64_t sequenced_messages = 0;
    uint64_t orders_entered = 0;  // distinct O messages, rejected ones included
    uint64_t retransmissions = 0;
    std::unordered_map<std::string, uint64_t> disconnects;  // by reason
  };
  [[nodiscard]] std::string to_json(const Violations& violations, const Totals& totals) const;

 private:
  struct Market {
    Symbol symbol{};
    int64_t position = 0;
    std::deque<uint32_t> arrivals;  // user_refs that were open once, oldest first; dead ones are dropped in passing
  };

  void move_position(const Order& order, int64_t shares, uint64_t price_ticks);

  std::vector<Order> orders_;
  std::unordered_map<uint64_t, Market> markets_;  // by symbol_key
  int64_t cash_ticks_ = 0;
};

}  // namespace crashwright::mock_engine::exchange
