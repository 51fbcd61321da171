// The order state: orders, positions, cash and what is in doubt, as the fold of the audit log.
//
// Every record changes it by the same rules, live (order_journal.h) and in recovery (OrderStateMachine,
// order_state_machine.h). So state = fold(log), by construction.
//
// Threads: values. Signal context: no. Units: ticks of 1/10,000, shares.
// Format:  state_snapshot_format.md (order_state_snapshot.h)
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
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

// What there is one of in each state.
struct OrderNumbers {
  uint64_t audit_sequence = 0;         // last record applied
  uint64_t feed_sequence = 0;          // feed message behind the last intent or risk block
  uint64_t next_session_sequence = 1;  // to ask the exchange for at the next login; counted over all its sessions
  uint64_t session_first = 1;          // message of the exchange's session; on the wire that is number 1
  uint64_t history = 0;                // hash of all records applied, in their order (order_state_hash.h)
  uint64_t decisions = 0;              // intents: entered + replaced + cancelled
  uint64_t risk_blocks = 0;            // decisions that the risk gate refused
  uint64_t entered = 0;
  uint64_t replaced = 0;
  uint64_t cancelled = 0;
  int64_t cash_ticks = 0;
  uint32_t next_user_ref = 1;
  bool kill_switch = false;
  uint64_t configuration_hash = 0;  // of the last run, 0 before the first
  BoundedString<12> exchange_session{};
};

// Looked up at each record: by a view, so that no string is made for it.
using Positions = std::map<std::string, int64_t, std::less<>>;

struct OrderState : OrderNumbers {
  std::map<uint32_t, WorkingOrder> orders;  // by user_ref; pending and open ones
  Positions positions;                      // shares by symbol, flat ones left out
  std::deque<PendingIntent> pending;        // in the order of the log
  std::deque<Execution> executions;         // the newest kExecutionsKept, oldest first
  std::set<uint32_t> adopted;               // orders taken over from the exchange, not yet decided again
  bool operator==(const OrderState& other) const;
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

}  // namespace crashwright::mock_engine
