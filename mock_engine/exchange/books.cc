#include "mock_engine/exchange/books.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "mock_engine/exchange/json_writer.h"

namespace crashwright::mock_engine::exchange {
namespace {

void write_order(JsonWriter& json, const Order& order) {
  json.begin_object();
  json.member("executed", order.executed);
  json.member("leaves", order.leaves);
  json.member("price_ticks", order.price_ticks);
  json.member("quantity", order.quantity);
  json.member("side", std::string_view(&order.side, 1));
  json.member("state", std::string_view(order_state_name(order.state)));
  json.member("symbol", order.symbol.view());
  json.member("user_ref", order.user_ref);
  json.end_object();
}

void write_counts(JsonWriter& json, const std::map<std::string, uint64_t>& counts) {
  json.begin_object();
  for (const auto& [name, count] : counts) json.member(name, count);
  json.end_object();
}

}  // namespace

const char* order_state_name(OrderState state) noexcept {
  switch (state) {
    case OrderState::kOpen:
      return "open";
    case OrderState::kFilled:
      return "filled";
    case OrderState::kCanceled:
      return "canceled";
    case OrderState::kReplaced:
      return "replaced";
    case OrderState::kRejected:
      return "rejected";
  }
  return "?";
}

Order& Books::add(const Order& order) {
  CRASHWRIGHT_CHECK(orders_.empty() || orders_.back().user_ref < order.user_ref, "UserRefNum increases");
  orders_.push_back(order);
  if (order.state == OrderState::kOpen) {
    Market& market = markets_[symbol_key(order.symbol)];
    market.symbol = order.symbol;
    market.arrivals.push_back(order.user_ref);
  }
  return orders_.back();
}

Order* Books::find(uint32_t user_ref) noexcept {
  const auto at = std::lower_bound(orders_.begin(), orders_.end(), user_ref,
                                   [](const Order& order, uint32_t wanted) { return order.user_ref < wanted; });
  return at != orders_.end() && at->user_ref == user_ref ? &*at : nullptr;
}

Order* Books::oldest_open(const Symbol& symbol) {
  const auto market = markets_.find(symbol_key(symbol));
  if (market == markets_.end()) return nullptr;
  for (auto& arrivals = market->second.arrivals; !arrivals.empty(); arrivals.pop_front()) {
    Order* order = find(arrivals.front());
    if (order != nullptr && order->state == OrderState::kOpen) return order;
  }
  return nullptr;
}

std::vector<uint32_t> Books::open_orders(const Symbol& symbol) const {
  std::vector<uint32_t> open;
  for (const Order& order : orders_) {
    if (order.state != OrderState::kOpen) continue;
    if (symbol.view().empty() || order.symbol == symbol) open.push_back(order.user_ref);
  }
  return open;
}

void Books::execute(Order& order, uint32_t shares, uint64_t price_ticks) {
  CRASHWRIGHT_CHECK(order.state == OrderState::kOpen && shares <= order.leaves, "only what is open can trade");
  order.executed += shares;
  order.leaves -= shares;
  if (order.leaves == 0) order.state = OrderState::kFilled;
  move_position(order, shares, price_ticks);
}

void Books::break_trade(const Order& order, uint32_t shares, uint64_t price_ticks) {
  move_position(order, -static_cast<int64_t>(shares), price_ticks);
}

void Books::move_position(const Order& order, int64_t shares, uint64_t price_ticks) {
  const int64_t bought = order.side == 'B' ? shares : -shares;
  markets_[symbol_key(order.symbol)].position += bought;
  cash_ticks_ -= bought * static_cast<int64_t>(price_ticks);
}

int64_t Books::position(const Symbol& symbol) const {
  const auto market = markets_.find(symbol_key(symbol));
  return market == markets_.end() ? 0 : market->second.position;
}

std::string Books::to_json(const Violations& violations, const Totals& totals) const {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("cash_ticks", cash_ticks_);
  json.key("disconnects");
  std::map<std::string, uint64_t> disconnects(totals.disconnects.begin(), totals.disconnects.end());
  disconnects.try_emplace("peer", 0);
  disconnects.try_emplace("signal", 0);
  write_counts(json, disconnects);
  json.key("orders");
  json.begin_array();
  for (const Order& order : orders_) write_order(json, order);
  json.end_array();
  json.member("orders_entered", totals.orders_entered);
  json.key("positions");
  std::map<std::string_view, int64_t> positions;
  for (const auto& [key, market] : markets_) {
    if (market.position != 0) positions[market.symbol.view()] = market.position;
  }
  json.begin_object();
  for (const auto& [symbol, position] : positions) json.member(symbol, position);
  json.end_object();
  json.member("retransmissions", totals.retransmissions);
  json.member("sequenced_messages", totals.sequenced_messages);
  json.key("violations");
  write_counts(json, {{"login_storm", violations.login_storm},
                      {"malformed", violations.malformed},
                      {"order_after_kill_switch", violations.order_after_kill_switch},
                      {"reused_user_ref", violations.reused_user_ref},
                      {"sequence_gap", violations.sequence_gap}});
  json.end_object();
  text.push_back('\n');
  return text;
}

}  // namespace crashwright::mock_engine::exchange
