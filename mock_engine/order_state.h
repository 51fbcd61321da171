// The order state: orders, positions, cash and what is in doubt, as the fold of the audit log.
//
// There is one way to change it, OrderStateMachine::apply(record), and the live engine goes through it like recovery
// does: a record is completed (annotate), appended to the audit log, applied. So state = fold(log), by construction.
// Each applied record moves a running hash of the state; the hash is in the record, and a replay that does not arrive
// at the same hash has found the record at which log and fold part.
// Exactly once: a record whose session sequence was applied already changes nothing.
//
// Threads: one owner. Signal context: no. Units: ticks of 1/10,000, shares.
// Errors:  apply() says false when the state after the record differs from what the record promises.
// Format:  state_snapshot_format.md (order_state_snapshot.h)
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "base/bounded_string.h"
#include "postmortem/audit_record.h"

namespace crashwright::mock_engine {

enum class OrderPhase : uint8_t {
  kPending,  // the intent is logged, the exchange has not answered
  kOpen,     // accepted, shares left
};

struct WorkingOrder {
  BoundedString<10> symbol{};
  char side = 'B';
  OrderPhase phase = OrderPhase::kPending;
  uint32_t quantity = 0;
  uint32_t leaves = 0;
  int64_t price_ticks = 0;
  bool operator==(const WorkingOrder& other) const;
};

// An intent that the exchange has not answered yet: after a crash, an order in doubt.
struct PendingIntent {
  uint64_t audit_sequence = 0;
  postmortem::AuditRecordType type = postmortem::AuditRecordType::kIntentEnter;
  uint32_t user_ref = 0;
  uint32_t original_user_ref = 0;
  bool operator==(const PendingIntent&) const = default;
};

// Remembered for a while, to recognise a fill that is reported twice and to undo one that is broken.
struct Execution {
  uint64_t match_id = 0;
  int64_t price_ticks = 0;
  uint32_t quantity = 0;
  char side = 'B';
  BoundedString<10> symbol{};
  bool operator==(const Execution& other) const;
};

inline constexpr size_t kExecutionsKept = 256;

struct OrderState {
  uint64_t audit_sequence = 0;         // last record applied
  uint64_t feed_sequence = 0;          // feed message behind the last intent or risk block
  uint64_t next_session_sequence = 1;  // to ask the exchange for at the next login; counted over all its sessions
  uint64_t session_first = 1;          // message of the exchange's session; on the wire that is number 1
  uint64_t hash = 0;
  uint64_t decisions = 0;    // intents: entered + replaced + cancelled
  uint64_t risk_blocks = 0;  // decisions that the risk gate refused
  uint64_t entered = 0;
  uint64_t replaced = 0;
  uint64_t cancelled = 0;
  int64_t cash_ticks = 0;
  uint32_t next_user_ref = 1;
  bool kill_switch = false;
  uint64_t configuration_hash = 0;  // of the last run, 0 before the first
  BoundedString<12> exchange_session{};
  std::map<uint32_t, WorkingOrder> orders;   // by user_ref; pending and open ones
  std::map<std::string, int64_t> positions;  // shares by symbol, flat ones left out
  std::deque<PendingIntent> pending;         // in the order of the log
  std::deque<Execution> executions;          // the newest kExecutionsKept, oldest first
  std::set<uint32_t> adopted;                // orders taken over from the exchange, not yet decided again
  bool operator==(const OrderState& other) const;
};

// What to make of a message of the exchange before it becomes a record.
enum class InboundVerdict : uint8_t {
  kApply,
  kAlreadyApplied,  // its session sequence was applied before: drop it
  kDifference,      // contradicts the state (a fill twice, an answer to nothing): log it, change nothing
  kGap,             // the message before it never came: what the session promises is broken
  kUnknownOrder,    // about an order that this log never entered: somebody else trades, or the log lost something
};

// Reasons in kInDoubtResolved records. Stored; append only.
enum class InDoubtFate : uint8_t {
  kSentAgain = 1,     // never arrived; sent again under the same user_ref
  kAbandoned = 2,     // never arrived; a kill switch forbids sending it
  kDecidedAgain = 3,  // had been taken over from the exchange; the strategy has now come to it, quantity is its type
};

// Reason in intent records of orders that the log did not hold and the exchange told about (send, then log); with
// kTermsUnknown where it does not tell all of their terms.
inline constexpr uint8_t kAdoptedFromExchange = 1;

class OrderStateMachine {
 public:
  OrderStateMachine() = default;
  explicit OrderStateMachine(OrderState state) : state_(std::move(state)) {}

  // Whether `record`, made from a sequenced message of the exchange, may be applied.
  [[nodiscard]] InboundVerdict judge(const postmortem::AuditRecord& record) const;

  // Fills in what follows from the state: symbol and side, leaves, position, cash and hash after the record.
  void annotate(postmortem::AuditRecord& record) const;

  // Folds one record of the log into the state. False: the record carries a hash, and it is not the one reached.
  bool apply(const postmortem::AuditRecord& record);

  [[nodiscard]] const OrderState& state() const { return state_; }

 private:
  struct Effect {
    int64_t position = 0;
    int64_t cash_ticks = 0;
    uint32_t leaves = 0;
  };

  [[nodiscard]] Effect effect_of(const postmortem::AuditRecord& record) const;
  [[nodiscard]] uint64_t hash_after(const postmortem::AuditRecord& record, const Effect& effect) const;
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
  // The exchange has seen everything sent before its account query: drops the intents that are done without an answer.
  void settle(uint32_t next_user_ref);

  OrderState state_;
};

}  // namespace crashwright::mock_engine
