// One record of the order audit trail: 128 bytes, fixed layout, stored as it is in memory (little endian).
//
// Prices and cash are integer ticks of 1/10,000 (the four implied decimals of OUCH and ITCH). Field by field:
// audit_log_format.md. Four records fill a 512-byte sector exactly, so none ever straddles one.
// Threads: a value. Signal context: yes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bounded_string.h"

namespace crashwright::postmortem {

// Stored; append only.
enum class AuditRecordType : uint16_t {
  kRunStart = 1,       // a process opened the log; quantity is the run number
  kIntentEnter = 2,    // about to send a new order
  kIntentReplace = 3,  // about to send a replace; original_user_ref names the order replaced
  kIntentCancel = 4,
  kSent = 5,  // written after the socket took the message; advisory, the intent is the promise
  kAccepted = 6,
  kReplaced = 7,
  kCancelled = 8,
  kExecuted = 9,
  kRejected = 10,
  kBrokenTrade = 11,
  kRiskBlock = 12,                 // the risk gate refused; reason says why
  kKillSwitch = 13,                // from here on nothing may be sent
  kLogin = 14,                     // session_sequence is the next wanted one
  kGap = 15,                       // messages of the exchange are missing; match_id is how many
  kReconciliationDifference = 16,  // a message set aside (reason: its type), or books that differ from the drop copy
  kCheckpoint = 17,                // a state snapshot is durable; match_id is the sequence up to which it goes
  kConfigurationHash = 18,         // at every start; match_id is the hash, reason 1: changed on purpose
  kTornTail = 19,                  // recovery cut a torn tail; match_id is the number of bytes cut
  kHeartbeat = 20,                 // nothing else was recorded for a second
  kInDoubtResolved = 21,           // reconciliation decided the fate of an intent; reason says which
  kSessionEvent = 22,              // any other sequenced message of the exchange; reason is its OUCH type
};

// Stored; append only.
enum AuditRecordFlags : uint8_t {
  kPossibleResend = 1,
  kTermsUnknown = 2,  // of an intent that is known by its answer alone: what that does not say is 0
};

struct AuditRecord {
  uint64_t sequence;  // assigned by append(), from 1, without gap
  uint64_t wall_ns;
  uint64_t monotonic_ns;
  uint64_t session_sequence;   // exchange message that caused it, 0 for none
  uint64_t feed_sequence;      // feed message that caused it, 0 for none
  uint64_t exchange_order_id;  // 0 until accepted
  uint64_t match_id;           // of an execution; of a record of no order the figure that its type names
  int64_t price_ticks;
  int64_t position_after;  // of the symbol, in shares
  int64_t cash_after_ticks;
  uint64_t state_hash;  // of the order state after this record
  uint32_t user_ref;    // OUCH UserRefNum
  uint32_t original_user_ref;
  uint32_t quantity;         // shares of this event
  uint32_t leaves;           // shares left open after it
  BoundedString<10> symbol;  // 8 characters, terminated
  AuditRecordType type;
  char side;  // 'B' or 'S', 0 when it has none
  uint8_t flags;
  char time_in_force;
  uint8_t reason;
  uint32_t account;    // for which the order is, 0 for records of no order
  uint32_t algorithm;  // which decided on it
};
static_assert(sizeof(AuditRecord) == 128, "four records fill a sector");

[[nodiscard]] const char* audit_record_type_name(AuditRecordType type) noexcept;
// What match_id is in records of that type.
[[nodiscard]] const char* audit_figure_name(AuditRecordType type) noexcept;

}  // namespace crashwright::postmortem
