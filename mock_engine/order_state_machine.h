// The fold of the audit log into the order state: the one way to change it, live and in recovery.
//
// A record promises the state behind it: position, cash, shares left, and a hash of all of it (order_state_hash.h). A
// replay compares each promise of each record, whatever its type, and so finds the record at which log and fold part.
// Exactly once: a record whose session sequence was applied already changes nothing.
//
// Threads: one owner. Signal context: no. Units: ticks of 1/10,000, shares.
// Errors:  replay() says what of its promise a record does not keep.
#pragma once

#include <cstdint>

#include "mock_engine/hashed_state.h"
#include "mock_engine/order_state.h"
#include "postmortem/audit_record.h"

namespace crashwright::mock_engine {

// What to make of a message of the exchange before it becomes a record.
enum class InboundVerdict : uint8_t {
  kApply,
  kAlreadyApplied,  // its session sequence was applied before: drop it
  kDifference,      // contradicts the state (a fill twice, an answer to nothing): log it, change nothing
  kGap,             // the message before it never came: what the session promises is broken
  kUnknownOrder,    // about an order that this log never entered: somebody else trades, or the log lost something
};

// How a record's promise compares with the state that its replay reached.
enum class Promise : uint8_t {
  kKept,
  kMissing,   // it carries no hash
  kRepeated,  // it is a message of the exchange that the log has already
  kPosition,  // the first of these that differs
  kCash,
  kLeaves,
  kState,  // the hash
};

// "the cash after it is not the one it promises"; empty for kKept.
[[nodiscard]] const char* promise_text(Promise promise) noexcept;

class OrderStateMachine {
 public:
  OrderStateMachine() = default;
  explicit OrderStateMachine(OrderState state) : state_(std::move(state)) {}

  // Whether `record`, made from a sequenced message of the exchange, may be applied.
  [[nodiscard]] InboundVerdict judge(const postmortem::AuditRecord& record) const;

  // Live, in two steps around the append to the log. advance() fills in what follows from the state (symbol and side,
  // leaves, position and cash after the record), folds the record into it, and fills in the hash of the state reached.
  // apply(): the log has given the record its place, and the state is that of the log up to there. A record that the
  // log did not take leaves a state that nothing may be done with any more.
  void advance(postmortem::AuditRecord& record);
  void apply(const postmortem::AuditRecord& record);

  // Folds one record of the log into the state and compares what it promises with what was reached.
  Promise replay(const postmortem::AuditRecord& record);

  [[nodiscard]] const OrderState& state() const { return state_.get(); }
  [[nodiscard]] uint64_t hash() const { return state_.hash(); }

 private:
  struct Effect {
    int64_t position = 0;
    int64_t cash_ticks = 0;
    uint32_t leaves = 0;
  };

  [[nodiscard]] Effect effect_of(const postmortem::AuditRecord& record) const;
  void complete(postmortem::AuditRecord& record) const;
  // False: the message was applied before, and changed nothing.
  bool fold(const postmortem::AuditRecord& record, const Effect& effect);
  [[nodiscard]] const Execution* find_execution(uint64_t match_id) const;
  [[nodiscard]] bool can_still_happen(const PendingIntent& intent, uint32_t next_user_ref) const;

  void apply_login(const postmortem::AuditRecord& record);
  void apply_event(const postmortem::AuditRecord& record, const Effect& effect);
  void apply_intent(const postmortem::AuditRecord& record);
  void count_decision(postmortem::AuditRecordType type, uint64_t feed_sequence);
  void apply_fate(const postmortem::AuditRecord& record);
  void apply_accepted(const postmortem::AuditRecord& record, uint32_t leaves);
  void apply_leaves(uint32_t user_ref, uint32_t leaves);
  void apply_trade(const postmortem::AuditRecord& record, const Effect& effect);
  void apply_session_event(const postmortem::AuditRecord& record);
  // An answer to the intent that `user_ref` numbers: it and all before it have reached the exchange.
  void answered(uint32_t user_ref);
  void resolve(postmortem::AuditRecordType type, uint32_t user_ref);
  void erase_if_pending(uint32_t user_ref);
  void open_rejected(uint32_t user_ref);
  // The exchange has seen everything sent before its account query: drops the intents that are done without an answer.
  void settle(uint32_t next_user_ref);

  HashedState state_;
};

}  // namespace crashwright::mock_engine
