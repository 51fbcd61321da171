#include "mock_engine/order_state.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "postmortem/fault_point.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

constexpr uint8_t kDisabledEvent = 'G';
constexpr uint8_t kQueryAnswerEvent = 'Q';

int64_t direction_of(char side) { return side == 'B' ? 1 : -1; }

uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15U + (hash << 6) + (hash >> 2);
  hash *= 0xff51afd7ed558ccdU;
  return hash ^ (hash >> 33);
}

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
    return std::tie(s.audit_sequence, s.feed_sequence, s.next_session_sequence, s.session_first, s.hash, s.decisions,
                    s.risk_blocks, s.entered, s.replaced, s.cancelled, s.cash_ticks, s.next_user_ref, s.kill_switch,
                    s.configuration_hash);
  };
  return numbers(*this) == numbers(other) && exchange_session.view() == other.exchange_session.view() &&
         orders == other.orders && positions == other.positions && pending == other.pending &&
         executions == other.executions && adopted == other.adopted;
}

InboundVerdict OrderStateMachine::judge(const AuditRecord& record) const {
  if (record.session_sequence < state_.next_session_sequence) return InboundVerdict::kAlreadyApplied;
  if (record.session_sequence > state_.next_session_sequence) return InboundVerdict::kGap;
  if (record.type == AuditRecordType::kSessionEvent) return InboundVerdict::kApply;
  if (record.user_ref >= state_.next_user_ref) return InboundVerdict::kUnknownOrder;
  const auto order = state_.orders.find(record.user_ref);
  const bool known = order != state_.orders.end();
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

void OrderStateMachine::annotate(AuditRecord& record) const {
  if (const auto order = state_.orders.find(record.user_ref); order != state_.orders.end() && record.symbol.empty()) {
    record.symbol = order->second.symbol;
    record.side = order->second.side;
  }
  if (record.type == AuditRecordType::kBrokenTrade) {
    if (const Execution* broken = find_execution(record.match_id)) {
      record.symbol = broken->symbol;
      record.side = broken->side;
      record.quantity = broken->quantity;
      record.price_ticks = broken->price_ticks;
    }
  }
  const Effect effect = effect_of(record);
  record.leaves = effect.leaves;
  record.position_after = effect.position;
  record.cash_after_ticks = effect.cash_ticks;
  record.state_hash = changes_orders(record.type) ? hash_after(record, effect) : state_.hash;
}

__attribute__((noinline)) bool OrderStateMachine::apply(const AuditRecord& record) {
  CRASHWRIGHT_FAULT_POINT("orders.apply");
  if (record.type == AuditRecordType::kExecuted) CRASHWRIGHT_FAULT_POINT("orders.execution");
  state_.audit_sequence = std::max(state_.audit_sequence, record.sequence);
  if (record.type == AuditRecordType::kLogin) apply_login(record);
  if (record.type == AuditRecordType::kConfigurationHash) state_.configuration_hash = record.match_id;
  if (!changes_orders(record.type)) return true;
  if (from_exchange(record)) {
    const bool repeated = record.session_sequence < state_.next_session_sequence;
    if (repeated && !CRASHWRIGHT_PLANTED("fill_applied_twice")) return true;
    state_.next_session_sequence = std::max(state_.next_session_sequence, record.session_sequence + 1);
  }
  const Effect effect = effect_of(record);
  state_.hash = hash_after(record, effect);
  apply_event(record, effect);
  return record.state_hash == 0 || record.state_hash == state_.hash;
}

// The numbers of another session go on behind the last message of the one before.
void OrderStateMachine::apply_login(const AuditRecord& record) {
  const bool another = !state_.exchange_session.empty() && state_.exchange_session.view() != record.symbol.view();
  if (another) state_.session_first = state_.next_session_sequence;
  state_.exchange_session.assign(record.symbol.view());
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
      if (!CRASHWRIGHT_PLANTED("replace_keeps_the_old_order")) state_.orders.erase(record.original_user_ref);
      return apply_accepted(record, effect.leaves);
    case AuditRecordType::kRejected:
      answered(record.user_ref);
      if (CRASHWRIGHT_PLANTED("reject_taken_for_accept")) {
        state_.orders[record.user_ref].phase = OrderPhase::kOpen;
        return;
      }
      state_.orders.erase(record.user_ref);
      return;
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
      ++state_.risk_blocks;
      state_.feed_sequence = record.feed_sequence;
      return;
    case AuditRecordType::kKillSwitch:
      state_.kill_switch = true;
      state_.next_user_ref = std::max(state_.next_user_ref, record.user_ref + 1);
      state_.pending.push_back({record.sequence, record.type, record.user_ref, 0});
      return;
    case AuditRecordType::kSessionEvent:
      return apply_session_event(record);
    case AuditRecordType::kInDoubtResolved:
      return apply_fate(record);
    default:
      return;
  }
}

OrderStateMachine::Effect OrderStateMachine::effect_of(const AuditRecord& record) const {
  Effect effect;
  effect.cash_ticks = state_.cash_ticks;
  effect.leaves = record.leaves;
  if (const auto held = state_.positions.find(std::string(record.symbol.view())); held != state_.positions.end()) {
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
  if (const auto order = state_.orders.find(record.user_ref); order != state_.orders.end()) {
    const uint32_t left = order->second.leaves;
    const bool takes = record.type == AuditRecordType::kExecuted || record.type == AuditRecordType::kCancelled;
    if (takes) effect.leaves = left - std::min(left, record.quantity);
    if (takes && CRASHWRIGHT_PLANTED("partial_fill_closes_the_order")) effect.leaves = 0;
    if (record.type == AuditRecordType::kBrokenTrade) effect.leaves = left;  // the shares do not come back
  }
  return effect;
}

uint64_t OrderStateMachine::hash_after(const AuditRecord& record, const Effect& effect) const {
  uint64_t hash = mix(state_.hash, static_cast<uint64_t>(record.type));
  hash = mix(hash, record.session_sequence);
  hash = mix(hash, (uint64_t{record.user_ref} << 32) | record.original_user_ref);
  hash = mix(hash, (uint64_t{record.quantity} << 32) | effect.leaves);
  hash = mix(hash, static_cast<uint64_t>(record.price_ticks));
  hash = mix(hash, static_cast<uint64_t>(effect.position));
  hash = mix(hash, static_cast<uint64_t>(effect.cash_ticks));
  return mix(hash, record.match_id);
}

const Execution* OrderStateMachine::find_execution(uint64_t match_id) const {
  const auto found = std::find_if(state_.executions.rbegin(), state_.executions.rend(),
                                  [&](const Execution& execution) { return execution.match_id == match_id; });
  return found == state_.executions.rend() ? nullptr : &*found;
}

// An adopted intent counts as a decision once the strategy has come to it again.
void OrderStateMachine::apply_intent(const AuditRecord& record) {
  const bool adopted = record.reason == kAdoptedFromExchange;
  if (adopted) state_.adopted.insert(record.user_ref);
  if (!adopted) count_decision(record.type, record.feed_sequence);
  state_.pending.push_back({record.sequence, record.type, record.user_ref, record.original_user_ref});
  if (record.type == AuditRecordType::kIntentCancel) return;
  state_.next_user_ref = std::max(state_.next_user_ref, record.user_ref + 1);
  WorkingOrder& order = state_.orders[record.user_ref];
  order = {record.symbol, record.side, OrderPhase::kPending, record.quantity, 0, record.price_ticks};
}

void OrderStateMachine::count_decision(AuditRecordType type, uint64_t feed_sequence) {
  ++state_.decisions;
  state_.feed_sequence = feed_sequence;
  ++(type == AuditRecordType::kIntentCancel  ? state_.cancelled
     : type == AuditRecordType::kIntentEnter ? state_.entered
                                             : state_.replaced);
}

void OrderStateMachine::apply_fate(const AuditRecord& record) {
  const auto fate = static_cast<InDoubtFate>(record.reason);
  if (fate == InDoubtFate::kDecidedAgain) {
    state_.adopted.erase(record.user_ref);
    return count_decision(static_cast<AuditRecordType>(record.quantity), record.feed_sequence);
  }
  if (fate != InDoubtFate::kAbandoned) return;
  std::erase_if(state_.pending, [&](const PendingIntent& intent) {
    return intent.type != AuditRecordType::kKillSwitch && intent.user_ref == record.user_ref;
  });
  const auto order = state_.orders.find(record.user_ref);
  if (order != state_.orders.end() && order->second.phase == OrderPhase::kPending) state_.orders.erase(order);
}

void OrderStateMachine::apply_accepted(const AuditRecord& record, uint32_t leaves) {
  answered(record.user_ref);
  WorkingOrder& order = state_.orders[record.user_ref];
  order = {record.symbol, record.side, OrderPhase::kOpen, record.quantity, leaves, record.price_ticks};
  if (leaves == 0) state_.orders.erase(record.user_ref);
}

void OrderStateMachine::apply_leaves(uint32_t user_ref, uint32_t leaves) {
  const auto order = state_.orders.find(user_ref);
  if (order == state_.orders.end()) return;
  order->second.leaves = leaves;
  if (leaves == 0) state_.orders.erase(order);
}

void OrderStateMachine::apply_trade(const AuditRecord& record, const Effect& effect) {
  state_.cash_ticks = effect.cash_ticks;
  const std::string symbol(record.symbol.view());
  if (effect.position == 0) {
    state_.positions.erase(symbol);
  } else {
    state_.positions[symbol] = effect.position;
  }
  if (record.type == AuditRecordType::kBrokenTrade) {
    std::erase_if(state_.executions, [&](const Execution& execution) { return execution.match_id == record.match_id; });
    return;
  }
  state_.executions.push_back({record.match_id, record.price_ticks, record.quantity, record.side, record.symbol});
  if (state_.executions.size() > kExecutionsKept) state_.executions.pop_front();
}

void OrderStateMachine::apply_session_event(const AuditRecord& record) {
  if (record.reason == kQueryAnswerEvent) settle(record.user_ref);
  if (record.reason == kDisabledEvent) resolve(AuditRecordType::kKillSwitch, record.user_ref);
  if (record.reason == 'I') resolve(AuditRecordType::kIntentCancel, record.user_ref);
}

void OrderStateMachine::answered(uint32_t user_ref) {
  const auto intent = std::find_if(state_.pending.begin(), state_.pending.end(), [&](const PendingIntent& pending) {
    return pending.user_ref == user_ref && pending.type != AuditRecordType::kIntentCancel &&
           pending.type != AuditRecordType::kKillSwitch;
  });
  if (intent == state_.pending.end()) return;
  // The exchange works in order and says nothing about a replace or cancel of a dead order.
  for (auto earlier = state_.pending.begin(); earlier != intent; ++earlier) {
    if (earlier->type == AuditRecordType::kIntentReplace) state_.orders.erase(earlier->user_ref);
  }
  state_.pending.erase(state_.pending.begin(), std::next(intent));
}

void OrderStateMachine::resolve(AuditRecordType type, uint32_t user_ref) {
  const auto intent = std::find_if(state_.pending.begin(), state_.pending.end(), [&](const PendingIntent& pending) {
    return pending.type == type && pending.user_ref == user_ref;
  });
  if (intent != state_.pending.end()) state_.pending.erase(intent);
}

bool OrderStateMachine::can_still_happen(const PendingIntent& intent, uint32_t next_user_ref) const {
  switch (intent.type) {
    case AuditRecordType::kIntentEnter:
      return intent.user_ref >= next_user_ref;
    case AuditRecordType::kIntentReplace:
      return intent.user_ref >= next_user_ref && state_.orders.contains(intent.original_user_ref);
    case AuditRecordType::kIntentCancel:
      return state_.orders.contains(intent.user_ref);
    default:
      return true;
  }
}

void OrderStateMachine::settle(uint32_t next_user_ref) {
  std::deque<PendingIntent> kept;
  for (const PendingIntent& intent : state_.pending) {
    if (can_still_happen(intent, next_user_ref)) {
      kept.push_back(intent);
    } else if (intent.type != AuditRecordType::kIntentCancel) {
      const auto order = state_.orders.find(intent.user_ref);
      if (order != state_.orders.end() && order->second.phase == OrderPhase::kPending) state_.orders.erase(order);
    }
  }
  state_.pending = std::move(kept);
}

}  // namespace crashwright::mock_engine
