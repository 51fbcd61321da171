#include "mock_engine/order_state.h"

#include <tuple>

namespace crashwright::mock_engine {

bool WorkingOrder::operator==(const WorkingOrder& other) const {
  return symbol.view() == other.symbol.view() && side == other.side && phase == other.phase &&
         quantity == other.quantity && leaves == other.leaves && price_ticks == other.price_ticks;
}

bool Execution::operator==(const Execution& other) const {
  return match_id == other.match_id && price_ticks == other.price_ticks && quantity == other.quantity &&
         side == other.side && symbol.view() == other.symbol.view();
}

bool OrderState::operator==(const OrderState& other) const {
  const auto numbers = [](const OrderState& s) {
    return std::tie(s.audit_sequence, s.feed_sequence, s.next_session_sequence, s.session_first, s.history, s.decisions,
                    s.risk_blocks, s.entered, s.replaced, s.cancelled, s.cash_ticks, s.next_user_ref, s.kill_switch,
                    s.configuration_hash);
  };
  return numbers(*this) == numbers(other) && exchange_session.view() == other.exchange_session.view() &&
         orders == other.orders && positions == other.positions && pending == other.pending &&
         executions == other.executions && adopted == other.adopted;
}

}  // namespace crashwright::mock_engine
