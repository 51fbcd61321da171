#include "mock_engine/naive/order_books.h"

#include <algorithm>

#include "postmortem/fault_point.h"

namespace crashwright::mock_engine::naive {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

void OrderStateMachine::replay(const std::vector<TrailRecord>& records) {
  for (const TrailRecord& entry : records) {
    AuditRecord record{};
    record.type = entry.type;
    record.side = entry.side;
    record.user_ref = entry.user_ref;
    record.original_user_ref = entry.original_user_ref;
    record.quantity = entry.quantity;
    record.price_ticks = entry.price_ticks;
    record.symbol.assign(entry.symbol);
    if (record.type == AuditRecordType::kExecuted) continue;  // the positions are in the file
    apply_event(record);
  }
  records_ = records.size();
}

__attribute__((noinline)) void OrderStateMachine::apply(const AuditRecord& record) {
  ++records_;
  apply_event(record);
  CRASHWRIGHT_FAULT_POINT("orders.apply");
  if (record.session_sequence != 0) positions_.table().session_sequence = record.session_sequence + 1;
  positions_.flush();
}

void OrderStateMachine::apply_event(const AuditRecord& record) {
  const auto order = orders_.orders.find(record.user_ref);
  switch (record.type) {
    case AuditRecordType::kIntentEnter:
      ++orders_.entered;
      orders_.next_user_ref = std::max(orders_.next_user_ref, record.user_ref + 1);
      break;
    case AuditRecordType::kIntentReplace:
      ++orders_.replaced;
      orders_.next_user_ref = std::max(orders_.next_user_ref, record.user_ref + 1);
      break;
    case AuditRecordType::kIntentCancel:
      ++orders_.cancelled;
      break;
    case AuditRecordType::kReplaced:
      orders_.orders.erase(record.original_user_ref);
      [[fallthrough]];
    case AuditRecordType::kAccepted:
      if (record.leaves > 0) {
        orders_.orders[record.user_ref] = {record.symbol,   record.side,   OrderPhase::kOpen,
                                           record.quantity, record.leaves, record.price_ticks};
      }
      break;
    case AuditRecordType::kExecuted:
      trade(record, 1);
      [[fallthrough]];
    case AuditRecordType::kCancelled:
      if (order == orders_.orders.end()) break;
      order->second.leaves -= std::min(order->second.leaves, record.quantity);
      if (order->second.leaves == 0) orders_.orders.erase(order);
      break;
    default:
      break;
  }
}

uint32_t OrderStateMachine::leaves_after(const AuditRecord& record) const {
  if (record.type != AuditRecordType::kExecuted && record.type != AuditRecordType::kCancelled) return record.leaves;
  const auto order = orders_.orders.find(record.user_ref);
  if (order == orders_.orders.end()) return 0;
  return order->second.leaves - std::min(order->second.leaves, record.quantity);
}

// An execution of an order that it has forgotten moves nothing: neither its symbol nor its side is in the message.
void OrderStateMachine::trade(const AuditRecord& record, int64_t direction) {
  const auto order = orders_.orders.find(record.user_ref);
  if (order == orders_.orders.end()) return;
  const int64_t sign = order->second.side == 'B' ? direction : -direction;
  positions_.shares_of(std::string(order->second.symbol.view())) += sign * record.quantity;
  positions_.table().cash_ticks -= sign * record.quantity * record.price_ticks;
}

OrderState OrderStateMachine::state() const {
  OrderState state = orders_;
  const PositionTable& table = positions_.table();
  state.audit_sequence = records_;
  state.decisions = state.entered + state.replaced + state.cancelled;
  state.feed_sequence = table.feed_sequence;
  state.next_session_sequence = std::max<uint64_t>(table.session_sequence, 1);
  state.cash_ticks = table.cash_ticks;
  for (const PositionTable::Position& position : table.positions) {
    if (position.shares != 0) state.positions[position.symbol] = position.shares;
  }
  return state;
}

}  // namespace crashwright::mock_engine::naive
