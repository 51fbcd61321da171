#include "mock_engine/exchange/matching_engine.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/checksum.h"
#include "mock_engine/exchange/fill_plan.h"

namespace crashwright::mock_engine::exchange {
namespace {

using namespace std::string_view_literals;

bool is_symbol(const Symbol& symbol) noexcept {
  const std::string_view text = symbol.view();
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

bool is_side(char side) noexcept { return "BSTE"sv.find(side) != std::string_view::npos; }

bool is_quantity(uint32_t quantity) noexcept { return quantity >= 1 && quantity <= ouch::kQuantityMax; }

bool is_price(uint64_t price_ticks) noexcept { return price_ticks >= 1 && price_ticks <= ouch::kPriceTicksMax; }

// 0 when the order is valid.
uint16_t order_fault(const Order& order) noexcept {
  if (!is_side(order.side)) return ouch::kRejectInvalidSide;
  if (!is_quantity(order.quantity)) return ouch::kRejectInvalidQuantity;
  if (!is_symbol(order.symbol)) return ouch::kRejectInvalidSymbol;
  if (!is_price(order.price_ticks)) return ouch::kRejectInvalidPrice;
  return 0;
}

// A drop copy must not carry a side that is no letter.
char printable_side(char side) noexcept { return is_side(side) ? side : '?'; }

OrderEvent event_of(std::string_view type, const Order& order) {
  OrderEvent event;
  event.type = type;
  event.user_ref = order.user_ref;
  event.symbol = order.symbol.view();
  event.side = printable_side(order.side);
  event.quantity = order.quantity;
  event.price_ticks = order.price_ticks;
  event.order_id = order.order_reference;
  event.leaves = order.leaves;
  return event;
}

bool every(uint64_t period, uint64_t count) noexcept { return period != 0 && count % period == 0; }

}  // namespace

MatchingEngine::MatchingEngine(const Misbehaviour& misbehaviour, SequencedStream& stream, DropCopy& drop_copy)
    : misbehaviour_(misbehaviour), stream_(stream), drop_copy_(drop_copy) {
  begin_session(0);
}

void MatchingEngine::begin_session(uint64_t midnight_ns) {
  midnight_ns_ = midnight_ns;
  ouch::SystemEvent start;
  emit(start, {.type = "system_event", .reason = "start of day"});
}

void MatchingEngine::on_message(Bytes message, uint64_t midnight_ns) {
  midnight_ns_ = midnight_ns;
  message_hash_ = fnv1a({reinterpret_cast<const char*>(message.data()), message.size()});
  const auto status = ouch::decode_inbound(message, [this](const auto& decoded) { on(decoded); });
  if (status != ouch::DecodeStatus::kDecoded) count_malformed();
}

void MatchingEngine::count_malformed() {
  ++violations_.malformed;
  drop_copy_.violation("malformed", 0);
}

void MatchingEngine::cancel_all_for_system(uint64_t midnight_ns) {
  midnight_ns_ = midnight_ns;
  for (const uint32_t user_ref : books_.open_orders(Symbol::of(""))) {
    Order& order = *books_.find(user_ref);
    cancel(order, order.leaves, ouch::kCancelledBySystem);
  }
}

template <typename Message>
void MatchingEngine::emit(Message& message, const OrderEvent& event) {
  message.timestamp_ns = midnight_ns_;
  std::array<std::byte, ouch::kMessageBytesMax> buffer;
  const size_t bytes = ouch::encode(message, buffer.data());
  drop_copy_.sent(stream_.append({buffer.data(), bytes}), event);
}

// For OrderAccepted and OrderReplaced.
template <typename Message>
void MatchingEngine::emit_order(Message& message, const Order& order, const OrderEvent& event) {
  message.user_ref = order.user_ref;
  message.side = order.side;
  message.quantity = order.quantity;
  message.symbol = order.symbol;
  message.price_ticks = order.price_ticks;
  message.time_in_force = order.time_in_force;
  message.display = order.display;
  message.order_reference = order.order_reference;
  message.capacity = order.capacity;
  message.intermarket_sweep = order.intermarket_sweep;
  message.cross_type = order.cross_type;
  message.order_state = 'L';
  message.client_order_id = order.client_order_id;
  emit(message, event);
}

bool MatchingEngine::is_new(const OrderEvent& event) {
  if (disabled_) {
    ++violations_.order_after_kill_switch;
    drop_copy_.violation("order_after_kill_switch", event.user_ref);
  }
  if (event.user_ref > last_user_ref_) {
    seen_[event.user_ref] = message_hash_;
    drop_copy_.received(event);
    return true;
  }
  const auto seen = seen_.find(event.user_ref);
  if (seen != seen_.end() && seen->second == message_hash_) {
    ++retransmissions_;
    drop_copy_.retransmission(event);
    return false;
  }
  drop_copy_.received(event);
  ++violations_.reused_user_ref;
  drop_copy_.violation("reused_user_ref", event.user_ref);
  return false;
}

bool MatchingEngine::misbehave_by_rejecting() { return every(misbehaviour_.reject_every, ++rejectable_); }

void MatchingEngine::on(const ouch::EnterOrder& message) {
  Order order;
  order.user_ref = message.user_ref;
  order.side = message.side;
  order.quantity = order.leaves = message.quantity;
  order.symbol = message.symbol;
  order.price_ticks = message.price_ticks;
  order.time_in_force = message.time_in_force;
  order.display = message.display;
  order.capacity = message.capacity;
  order.intermarket_sweep = message.intermarket_sweep;
  order.cross_type = message.cross_type;
  order.client_order_id = message.client_order_id;
  OrderEvent event = event_of("enter", order);
  event.leaves = 0;
  if (!is_new(event)) return;
  ++orders_entered_;
  if (disabled_) return reject(order, ouch::kRejectFirmNotAuthorized, "order entry disabled");
  if (const uint16_t fault = order_fault(order); fault != 0) return reject(order, fault, "invalid");
  if (misbehave_by_rejecting()) return reject(order, ouch::kRejectProcessingError, "misbehaviour");
  if (plan_fills(order.symbol, order.user_ref, order.price_ticks, order.quantity).reject) {
    return reject(order, ouch::kRejectOther, "planned");
  }
  accept(order, nullptr);
}

void MatchingEngine::on(const ouch::ReplaceOrder& message) {
  Order* original = books_.find(message.original_user_ref);
  OrderEvent event{.type = "replace",
                   .user_ref = message.user_ref,
                   .original_user_ref = message.original_user_ref,
                   .quantity = message.quantity,
                   .price_ticks = message.price_ticks};
  if (original != nullptr) {
    event.symbol = original->symbol.view();
    event.side = printable_side(original->side);
  }
  if (!is_new(event)) return;
  if (original == nullptr || original->state != OrderState::kOpen) return;
  Order order = *original;
  order.user_ref = message.user_ref;
  order.price_ticks = message.price_ticks;
  order.time_in_force = message.time_in_force;
  order.display = message.display;
  order.intermarket_sweep = message.intermarket_sweep;
  order.client_order_id = message.client_order_id;
  order.executed_before = original->chain_executed();
  order.executed = 0;
  if (disabled_) return reject(order, ouch::kRejectFirmNotAuthorized, "order entry disabled");
  if (!is_quantity(message.quantity) || !is_price(message.price_ticks) || message.quantity <= order.executed_before) {
    return cancel(*original, original->leaves, ouch::kCancelledByUser);
  }
  order.quantity = order.leaves = message.quantity - order.executed_before;
  if (misbehave_by_rejecting()) return reject(order, ouch::kRejectProcessingError, "misbehaviour");
  accept(order, original);
}

void MatchingEngine::on(const ouch::CancelOrder& message) {
  Order* order = books_.find(message.user_ref);
  OrderEvent event{.type = "cancel", .user_ref = message.user_ref, .quantity = message.quantity};
  if (order != nullptr) {
    event.symbol = order->symbol.view();
    event.side = printable_side(order->side);
  }
  if (every(misbehaviour_.lose_cancel, ++cancels_received_)) return;
  drop_copy_.received(event);
  if (every(misbehaviour_.reject_every, ++cancels_)) {
    ouch::CancelReject answer;
    answer.user_ref = message.user_ref;
    return emit(answer, {.type = "cancel_reject", .user_ref = message.user_ref, .reason = "misbehaviour"});
  }
  if (order == nullptr || order->state != OrderState::kOpen) return;
  const uint32_t executed = order->chain_executed();
  const uint32_t wanted = message.quantity > executed ? message.quantity - executed : 0;
  if (wanted < order->leaves) cancel(*order, order->leaves - wanted, ouch::kCancelledByUser);
}

void MatchingEngine::on(const ouch::MassCancel& message) {
  drop_copy_.received({.type = "mass_cancel", .user_ref = message.user_ref, .symbol = message.symbol.view()});
  last_user_ref_ = std::max(last_user_ref_, message.user_ref);
  ouch::MassCancelResponse answer;
  answer.user_ref = message.user_ref;
  answer.firm = message.firm;
  answer.symbol = message.symbol;
  emit(answer, {.type = "mass_cancel_response", .user_ref = message.user_ref});
  for (const uint32_t user_ref : books_.open_orders(message.symbol)) {
    Order& order = *books_.find(user_ref);
    cancel(order, order.leaves, ouch::kCancelledByUser);
  }
}

void MatchingEngine::on(const ouch::DisableOrderEntry& message) {
  drop_copy_.received({.type = "disable", .user_ref = message.user_ref});
  last_user_ref_ = std::max(last_user_ref_, message.user_ref);
  disabled_ = true;
  ouch::OrderEntryDisabled answer;
  answer.user_ref = message.user_ref;
  answer.firm = message.firm;
  emit(answer, {.type = "disabled", .user_ref = message.user_ref});
}

void MatchingEngine::on(const ouch::EnableOrderEntry& message) {
  drop_copy_.received({.type = "enable", .user_ref = message.user_ref});
  last_user_ref_ = std::max(last_user_ref_, message.user_ref);
  disabled_ = false;
  ouch::OrderEntryEnabled answer;
  answer.user_ref = message.user_ref;
  answer.firm = message.firm;
  emit(answer, {.type = "enabled", .user_ref = message.user_ref});
}

void MatchingEngine::on(const ouch::AccountQuery&) {
  drop_copy_.received({.type = "query"});
  ouch::AccountQueryResponse answer;
  answer.next_user_ref = last_user_ref_ + 1;
  emit(answer, {.type = "account_query_response", .user_ref = answer.next_user_ref});
}

// A rejected order consumes its number; one of a replace leaves the original as it is.
void MatchingEngine::reject(Order order, uint16_t reason, std::string_view why) {
  last_user_ref_ = order.user_ref;
  order.state = OrderState::kRejected;
  order.leaves = 0;
  order.executed = 0;
  order.order_reference = 0;
  books_.add(order);
  ouch::OrderRejected answer;
  answer.user_ref = order.user_ref;
  answer.reason = reason;
  answer.client_order_id = order.client_order_id;
  OrderEvent event = event_of("rejected", order);
  event.reason = why;
  emit(answer, event);
}

void MatchingEngine::accept(const Order& order, Order* replaced) {
  last_user_ref_ = order.user_ref;
  const uint32_t original_user_ref = replaced == nullptr ? 0 : replaced->user_ref;
  if (replaced != nullptr) {
    replaced->state = OrderState::kReplaced;
    replaced->leaves = 0;
  }
  const FillPlan plan = plan_fills(order.symbol, order.user_ref, order.price_ticks, order.quantity);
  Order* oldest = replaced == nullptr && plan.fills_oldest_open_order ? books_.oldest_open(order.symbol) : nullptr;
  const uint32_t oldest_user_ref = oldest == nullptr ? 0 : oldest->user_ref;
  Order& taken = books_.add(order);  // invalidates pointers into the books
  taken.order_reference = next_order_reference_++;
  if (replaced != nullptr) {
    ouch::OrderReplaced answer;
    answer.original_user_ref = original_user_ref;
    OrderEvent event = event_of("replaced", taken);
    event.original_user_ref = original_user_ref;
    emit_order(answer, taken, event);
  } else {
    ouch::OrderAccepted answer;
    emit_order(answer, taken, event_of("accepted", taken));
  }
  if (oldest_user_ref != 0) {
    Order& resting = *books_.find(oldest_user_ref);
    execute(resting, resting.leaves, resting.price_ticks, 'A');
  }
  trade_on_arrival(taken);
}

void MatchingEngine::trade_on_arrival(Order& order) {
  const FillPlan plan = plan_fills(order.symbol, order.user_ref, order.price_ticks, order.quantity);
  const uint64_t price =
      order.side == 'B' ? order.price_ticks - plan.improvement_ticks : order.price_ticks + plan.improvement_ticks;
  for (uint32_t i = 0; i < plan.fill_count; ++i) execute(order, plan.fills[i], price, 'R');
  if (order.time_in_force == ouch::kImmediateOrCancel && order.leaves > 0) {
    cancel(order, order.leaves, ouch::kCancelledImmediate);
  }
}

void MatchingEngine::execute(Order& order, uint32_t shares, uint64_t price_ticks, char liquidity_flag) {
  books_.execute(order, shares, price_ticks);
  const uint64_t match_number = next_match_number_++;
  ouch::OrderExecuted executed;
  executed.user_ref = order.user_ref;
  executed.quantity = shares;
  executed.price_ticks = price_ticks;
  executed.liquidity_flag = liquidity_flag;
  executed.match_number = match_number;
  OrderEvent event = event_of("executed", order);
  event.quantity = shares;
  event.price_ticks = price_ticks;
  event.match_id = match_number;
  emit(executed, event);
  if (every(misbehaviour_.duplicate_fill, match_number)) {
    event.type = "duplicate_executed";
    emit(executed, event);
  }
  const Trade trade{order, shares, price_ticks, match_number};
  if (every(misbehaviour_.break_trade, match_number)) break_trade(trade);
  if (match_number == 1) first_trade_ = trade;
  if (match_number == misbehaviour_.break_first_at) break_trade(first_trade_);
}

void MatchingEngine::break_trade(const Trade& trade) {
  books_.break_trade(trade.order, trade.shares, trade.price_ticks);
  ouch::BrokenTrade broken;
  broken.user_ref = trade.order.user_ref;
  broken.match_number = trade.match_number;
  broken.client_order_id = trade.order.client_order_id;
  OrderEvent event = event_of("broken", trade.order);
  event.quantity = trade.shares;
  event.price_ticks = trade.price_ticks;
  event.match_id = trade.match_number;
  emit(broken, event);
}

void MatchingEngine::cancel(Order& order, uint32_t shares, char reason) {
  order.leaves -= shares;
  if (order.leaves == 0) order.state = OrderState::kCanceled;
  ouch::OrderCanceled answer;
  answer.user_ref = order.user_ref;
  answer.quantity = shares;
  answer.reason = reason;
  OrderEvent event = event_of("canceled", order);
  event.quantity = shares;
  event.reason = std::string_view(&reason, 1);
  emit(answer, event);
}

}  // namespace crashwright::mock_engine::exchange
