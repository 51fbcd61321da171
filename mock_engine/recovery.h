// Recovery after a crash, and after a lost connection, which is the second half of it:
//
//   load_snapshot   newest valid state snapshot
//   replay_audit    the audit log from there
//   log_in          SoupBinTCP login with the next wanted session sequence. When the exchange has begun another session
//                   meanwhile, what was missed of the old one is taken from the drop copy; without one: refused
//   apply_missed    what the exchange said meanwhile, each message once, up to the answer to an account query
//   reconcile       the books must equal the exchange's drop copy, if there is one; what is still in doubt never
//                   arrived: it is sent again under the same UserRefNum, in order
//
// Why the answer tells everything: the exchange works in order, so it comes behind all answers to what arrived; and
// nothing is sent behind a query before its answer is durable in the log, so an answer that is only found in the
// replayed stream is still true.
// Threads: the trading thread alone. Signal context: no.
// Errors:  the reason to stop. Damage, a snapshot of another log, a log and state that part, an exchange that knows
//          more than the log: refused.
#pragma once

#include "mock_engine/engine_options.h"
#include "mock_engine/exchange_feedback.h"
#include "mock_engine/order_gateway.h"
#include "mock_engine/order_journal.h"
#include "mock_engine/order_state_machine.h"
#include "mock_engine/stop_reason.h"
#include "postmortem/audit_log.h"

namespace crashwright::mock_engine {

// The running engine's parts that speak to the exchange.
struct ExchangeSide {
  OrderGateway& gateway;
  ExchangeFeedback& feedback;
  OrderJournal& journal;
  postmortem::EngineThread& self;
};

class Recovery {
 public:
  // `options` outlives the recovery.
  explicit Recovery(const EngineOptions& options) : options_(options) {}

  // From disk. `readout` must be free of damage.
  [[nodiscard]] Step load_snapshot();
  [[nodiscard]] Step replay_audit(const postmortem::AuditReadout& readout, postmortem::EngineThread& self);
  [[nodiscard]] OrderStateMachine& orders() { return orders_; }
  // The place in the log of the snapshot loaded; sequence 0 for none.
  [[nodiscard]] const postmortem::AuditMark& snapshot() const { return snapshot_; }

  // With the exchange: log_in, apply_missed and reconcile, again from the start if the connection breaks meanwhile.
  [[nodiscard]] Step rejoin(ExchangeSide& exchange);
  // What is still in doubt behind the answer to an account query was lost on the way: queued again.
  [[nodiscard]] Step reconcile(ExchangeSide& exchange);

 private:
  enum class Progress : uint8_t { kDone, kDisconnected };
  using Attempt = tl::expected<Progress, StopReason>;

  [[nodiscard]] Step check_snapshot(const std::string& path) const;
  [[nodiscard]] Step log_in(ExchangeSide& exchange);
  [[nodiscard]] Step leave_session(ExchangeSide& exchange, const std::string& new_session);
  [[nodiscard]] Attempt apply_missed(ExchangeSide& exchange);
  [[nodiscard]] Step compare_books(ExchangeSide& exchange);
  [[nodiscard]] Step resolve(ExchangeSide& exchange, const PendingIntent& intent);
  [[nodiscard]] Step send_under_new_numbers(ExchangeSide& exchange);
  void apply_a_fill_twice(const postmortem::AuditReadout& readout);
  void forget_what_was_recovered();

  const EngineOptions& options_;
  OrderStateMachine orders_;
  postmortem::AuditMark snapshot_;
  OrderState before_login_;  // what was in doubt when the exchange had not been asked yet
};

// Waits until the log is durable up to `sequence`, beating meanwhile; the reason to stop when it never will be.
[[nodiscard]] Step await_durable(postmortem::AuditLog& log, uint64_t sequence, postmortem::EngineThread& self);

}  // namespace crashwright::mock_engine
