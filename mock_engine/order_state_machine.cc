#include "mock_engine/order_state_machine.h"

#include <algorithm>
#include <string>

#include "postmortem/fault_point.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

constexpr uint8_t kDisabledEvent = 'G';
constexpr uint8_t kQueryAnswerEvent = 'Q';

int64_t direction_of(char side) { return side == 'B' ? 1 : -1; }

// Records that say something about the process or the log, not about the orders.
bool changes_orders(AuditRecordType type) {
  switch (type) {
    case AuditRecordType::kRunStart:
    case AuditRecordType::kSent:
    case AuditRecordType::kLogin:
    case AuditRecordType::kCheckpoint:
    case AuditRecordType::kConfigurationHash:
    case AuditRecordType::kTornTail:
    case AuditRecordType::kHeartbeat:
    case AuditRecordType::kGap:
      return false;
    default:
      return true;
  }
}

bool from_exchange(const AuditRecord& record) {
  return record.session_sequence != 0 && record.type != AuditRecordType::kLogin;
}

}  // namespace

InboundVerdict OrderStateMachine::judge(const AuditRecord& record) const {
  if (record.session_sequence < state().next_session_sequence) return InboundVerdict::kAlreadyApplied;
  if (record.session_sequence > state().next_session_sequence) return InboundVerdict::kGap;
  if (record.type == AuditRecordType::kSessionEvent) return InboundVerdict::kApply;
  if (record.user_ref >= state().next_user_ref) return InboundVerdict::kUnknownOrder;
  const auto order = state().orders.find(record.user_ref);
  const bool known = order != state().orders.end();
  bool expected = known;
  switch (record.type) {
    case AuditRecordType::kAccepted:
    case AuditRecordType::kReplaced:
    case AuditRecordType::kRejected:
      expected = known && order->second.phase == OrderPhase::kPending;
      break;
    case AuditRecordType::kExecuted:
      expected = known && find_execution(record.match_id) == nullptr;
      break;
    case AuditRecordType::kBrokenTrade:
      expected = find_execution(record.match_id) != nullptr;
      break;
    default:
      break;
  }
  return expected ? InboundVerdict::kApply : InboundVerdict::kDifference;
}

void OrderStateMachine::complete(AuditRecord& record) const {
  const OrderState& state = state_.get();
  if (const auto order = state.orders.find(record.user_ref); order != state.orders.end() && record.symbol.empty()) {
    record.symbol = order->second.symbol;
    record.side = order->second.side;
  }
  if (record.type != AuditRecordType::kBrokenTrade) return;
  if (const Execution* broken = find_execution(record.match_id)) {
    record.symbol = broken->symbol;
    record.side = broken->side;
    record.quantity = broken->quantity;
    record.price_ticks = broken->price_ticks;
  }
}

void OrderStateMachine::advance(AuditRecord& record) {
  record.sequence = 0;  // not known before append()
  complete(record);
  const Effect effect = effect_of(record);
  record.leaves = effect.leaves;
  record.position_after = effect.position;
  record.cash_after_ticks = effect.cash_ticks;
  static_cast<void>(fold(record, effect));
  record.state_hash = state_.hash();
}

__attribute__((noinline)) void OrderStateMachine::apply(const AuditRecord& record) {
  CRASHWRIGHT_FAULT_POINT("orders.apply");
  if (record.type == AuditRecordType::kExecuted) {
    CRASHWRIGHT_FAULT_POINT_ABOUT("orders.execution", record.session_sequence);
  }
  state_.numbers().audit_sequence = std::max(state().audit_sequence, record.sequence);
  state_.place_pending(record.sequence);
}

Promise OrderStateMachine::replay(const AuditRecord& record) {
  const bool again = record.sequence != 0 && record.sequence <= state().audit_sequence;
  apply(record);
  const Effect effect = effect_of(record);
  if (!fold(record, effect)) return again ? Promise::kKept : Promise::kRepeated;
  if (record.state_hash == 0) return Promise::kMissing;
  if (record.position_after != effect.position) return Promise::kPosition;
  if (record.cash_after_ticks != effect.cash_ticks) return Promise::kCash;
  if (record.leaves != effect.leaves) return Promise::kLeaves;
  return record.state_hash == state_.hash() ? Promise::kKept : Promise::kState;
}

bool OrderStateMachine::fold(const AuditRecord& record, const Effect& effect) {
  const bool changes = changes_orders(record.type);
  if (changes && from_exchange(record)) {
    const bool repeated = record.session_sequence < state().next_session_sequence;
    if (repeated && !CRASHWRIGHT_PLANTED("fill_applied_twice")) return false;
    state_.numbers().next_session_sequence = std::max(state().next_session_sequence, record.session_sequence + 1);
  }
  state_.numbers().history = history_after(state().history, record);
  if (record.type == AuditRecordType::kLogin) apply_login(record);
  if (record.type == AuditRecordType::kConfigurationHash) state_.numbers().configuration_hash = record.match_id;
  if (changes) apply_event(record, effect);
  return true;
}

// The numbers of another session go on behind the last message of the one before.
void OrderStateMachine::apply_login(const AuditRecord& record) {
  OrderNumbers& numbers = state_.numbers();
  const bool another = !numbers.exchange_session.empty() && numbers.exchange_session.view() != record.symbol.view();
  if (another) numbers.session_first = numbers.next_session_sequence;
  numbers.exchange_session.assign(record.symbol.view());
}

void OrderStateMachine::apply_event(const AuditRecord& record, const Effect& effect) {
  switch (record.type) {
    case AuditRecordType::kIntentEnter:
    case AuditRecordType::kIntentReplace:
    case AuditRecordType::kIntentCancel:
      return apply_intent(record);
    case AuditRecordType::kAccepted:
      return apply_accepted(record, effect.leaves);
    case AuditRecordType::kReplaced:
      if (!CRASHWRIGHT_PLANTED("replace_keeps_the_old_order")) state_.erase_order(record.original_user_ref);
      return apply_accepted(record, effect.leaves);
    case AuditRecordType::kRejected:
      answered(record.user_ref);
      if (CRASHWRIGHT_PLANTED("reject_taken_for_accept")) {
        return open_rejected(record.user_ref);
      }
      return state_.erase_order(record.user_ref);
    case AuditRecordType::kCancelled:
      resolve(AuditRecordType::kIntentCancel, record.user_ref);
      if (CRASHWRIGHT_PLANTED("cancel_answer_ignored")) return;
      return apply_leaves(record.user_ref, effect.leaves);
    case AuditRecordType::kExecuted:
      apply_trade(record, effect);
      return apply_leaves(record.user_ref, effect.leaves);
    case AuditRecordType::kBrokenTrade:
      return apply_trade(record, effect);
    case AuditRecordType::kRiskBlock:
      ++state_.numbers().risk_blocks;
      state_.numbers().feed_sequence = record.feed_sequence;
      return;
    case AuditRecordType::kKillSwitch:
      state_.numbers().kill_switch = true;
      state_.numbers().next_user_ref = std::max(state().next_user_ref, record.user_ref + 1);
      return state_.push_pending({record.sequence, record.type, record.user_ref, 0});
    case AuditRecordType::kSessionEvent:
      return apply_session_event(record);
    case AuditRecordType::kInDoubtResolved:
      return apply_fate(record);
    default:
      return;
  }
}

OrderStateMachine::Effect OrderStateMachine::effect_of(const AuditRecord& record) const {
  const OrderState& state = state_.get();
  Effect effect;
  effect.cash_ticks = state.cash_ticks;
  effect.leaves = record.leaves;
  if (const auto held = state.positions.find(record.symbol.view()); held != state.positions.end()) {
    effect.position = held->second;
  }
  if (record.type == AuditRecordType::kExecuted || record.type == AuditRecordType::kBrokenTrade) {
    const bool broken = record.type == AuditRecordType::kBrokenTrade;
    const int64_t undo = !broken ? 1 : CRASHWRIGHT_PLANTED("broken_trade_ignored") ? 0 : -1;
    const int64_t direction = CRASHWRIGHT_PLANTED("every_fill_is_a_buy") ? 1 : direction_of(record.side);
    const int64_t price_ticks =
        CRASHWRIGHT_PLANTED("fill_price_rounded") ? record.price_ticks / 1'000 * 1'000 : record.price_ticks;
    const int64_t shares = direction * undo * record.quantity;
    effect.position += CRASHWRIGHT_PLANTED("fill_of_one_share_more") ? shares + direction : shares;
    effect.cash_ticks -= shares * price_ticks;
  }
  if (const auto order = state.orders.find(record.user_ref); order != state.orders.end()) {
    const uint32_t left = order->second.leaves;
    const bool takes = record.type == AuditRecordType::kExecuted || record.type == AuditRecordType::kCancelled;
    if (takes) effect.leaves = left - std::min(left, record.quantity);
    if (takes && CRASHWRIGHT_PLANTED("partial_fill_closes_the_order")) effect.leaves = 0;
    if (record.type == AuditRecordType::kBrokenTrade) effect.leaves = left;  // the shares do not come back
  }
  return effect;
}

const Execution* OrderStateMachine::find_execution(uint64_t match_id) const {
  const std::deque<Execution>& kept = state().executions;
  const auto found = std::find_if(kept.rbegin(), kept.rend(),
                                  [&](const Execution& execution) { return execution.match_id == match_id; });
  return found == kept.rend() ? nullptr : &*found;
}

// An adopted intent counts as a decision once the strategy has come to it again.
void OrderStateMachine::apply_intent(const AuditRecord& record) {
  const bool adopted = record.reason == kAdoptedFromExchange;
  if (adopted) state_.adopt(record.user_ref);
  if (!adopted) count_decision(record.type, record.feed_sequence);
  state_.push_pending({record.sequence, record.type, record.user_ref, record.original_user_ref});
  if (record.type == AuditRecordType::kIntentCancel) return;
  state_.numbers().next_user_ref = std::max(state().next_user_ref, record.user_ref + 1);
  state_.put_order(record.user_ref,
                   {record.symbol, record.side, OrderPhase::kPending, record.quantity, 0, record.price_ticks});
}

void OrderStateMachine::count_decision(AuditRecordType type, uint64_t feed_sequence) {
  OrderNumbers& numbers = state_.numbers();
  ++numbers.decisions;
  numbers.feed_sequence = feed_sequence;
  ++(type == AuditRecordType::kIntentCancel  ? numbers.cancelled
     : type == AuditRecordType::kIntentEnter ? numbers.entered
                                             : numbers.replaced);
}

void OrderStateMachine::apply_fate(const AuditRecord& record) {
  const auto fate = static_cast<InDoubtFate>(record.reason);
  if (fate == InDoubtFate::kDecidedAgain) {
    state_.unadopt(record.user_ref);
    return count_decision(static_cast<AuditRecordType>(record.quantity), record.feed_sequence);
  }
  if (fate != InDoubtFate::kAbandoned) return;
  state_.erase_pending_if([&](const PendingIntent& intent) {
    return intent.type != AuditRecordType::kKillSwitch && intent.user_ref == record.user_ref;
  });
  erase_if_pending(record.user_ref);
}

void OrderStateMachine::apply_accepted(const AuditRecord& record, uint32_t leaves) {
  answered(record.user_ref);
  if (leaves == 0) return state_.erase_order(record.user_ref);
  state_.put_order(record.user_ref,
                   {record.symbol, record.side, OrderPhase::kOpen, record.quantity, leaves, record.price_ticks});
}

void OrderStateMachine::apply_leaves(uint32_t user_ref, uint32_t leaves) {
  const auto found = state().orders.find(user_ref);
  if (found == state().orders.end()) return;
  if (leaves == 0) return state_.erase_order(user_ref);
  WorkingOrder order = found->second;
  order.leaves = leaves;
  state_.put_order(user_ref, order);
}

void OrderStateMachine::apply_trade(const AuditRecord& record, const Effect& effect) {
  state_.numbers().cash_ticks = effect.cash_ticks;
  state_.put_position(record.symbol.view(), effect.position);
  if (record.type == AuditRecordType::kBrokenTrade) return state_.erase_execution(record.match_id);
  state_.push_execution({record.match_id, record.price_ticks, record.quantity, record.side, record.symbol});
}

void OrderStateMachine::apply_session_event(const AuditRecord& record) {
  if (record.reason == kQueryAnswerEvent) settle(record.user_ref);
  if (record.reason == kDisabledEvent) resolve(AuditRecordType::kKillSwitch, record.user_ref);
  if (record.reason == 'I') resolve(AuditRecordType::kIntentCancel, record.user_ref);
}

void OrderStateMachine::answered(uint32_t user_ref) {
  const std::deque<PendingIntent>& all = state().pending;
  const auto intent = std::find_if(all.begin(), all.end(), [&](const PendingIntent& pending) {
    return pending.user_ref == user_ref && pending.type != AuditRecordType::kIntentCancel &&
           pending.type != AuditRecordType::kKillSwitch;
  });
  if (intent == all.end()) return;
  // The exchange works in order and says nothing about a replace or cancel of a dead order.
  for (auto earlier = all.begin(); earlier != intent; ++earlier) {
    if (earlier->type == AuditRecordType::kIntentReplace) state_.erase_order(earlier->user_ref);
  }
  state_.erase_pending_up_to(intent);
}

void OrderStateMachine::resolve(AuditRecordType type, uint32_t user_ref) {
  bool found = false;  // the oldest one alone
  state_.erase_pending_if([&](const PendingIntent& pending) {
    const bool answers = !found && pending.type == type && pending.user_ref == user_ref;
    found = found || answers;
    return answers;
  });
}

bool OrderStateMachine::can_still_happen(const PendingIntent& intent, uint32_t next_user_ref) const {
  switch (intent.type) {
    case AuditRecordType::kIntentEnter:
      return intent.user_ref >= next_user_ref;
    case AuditRecordType::kIntentReplace:
      return intent.user_ref >= next_user_ref && state().orders.contains(intent.original_user_ref);
    case AuditRecordType::kIntentCancel:
      return state().orders.contains(intent.user_ref);
    default:
      return true;
  }
}

void OrderStateMachine::settle(uint32_t next_user_ref) {
  state_.erase_pending_if([&](const PendingIntent& intent) {
    if (can_still_happen(intent, next_user_ref)) return false;
    if (intent.type != AuditRecordType::kIntentCancel) erase_if_pending(intent.user_ref);
    return true;
  });
}

void OrderStateMachine::erase_if_pending(uint32_t user_ref) {
  const auto order = state().orders.find(user_ref);
  if (order != state().orders.end() && order->second.phase == OrderPhase::kPending) state_.erase_order(user_ref);
}

// Planted bug: the order that was rejected.
void OrderStateMachine::open_rejected(uint32_t user_ref) {
  const auto rejected = state().orders.find(user_ref);
  WorkingOrder order = rejected == state().orders.end() ? WorkingOrder{} : rejected->second;
  order.phase = OrderPhase::kOpen;
  state_.put_order(user_ref, order);
}

const char* promise_text(Promise promise) noexcept {
  switch (promise) {
    case Promise::kKept:
      return "";
    case Promise::kMissing:
      return "it promises no state, as every record does";
    case Promise::kRepeated:
      return "it is a message of the exchange that the log has already";
    case Promise::kPosition:
      return "the position after it is not the one it promises";
    case Promise::kCash:
      return "the cash after it is not the one it promises";
    case Promise::kLeaves:
      return "the shares left after it are not those it promises";
    case Promise::kState:
      return "the state after it is not the one it promises";
  }
  return "";
}

}  // namespace crashwright::mock_engine
