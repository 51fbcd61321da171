// The one way from an event to the order state: fold the record into it, append it to the audit log with the hash of
// what was reached.
//
// Threads: the trading thread alone. Signal context: no.
// Errors:  record() says false once the log is sealed: nothing may be sent any more, and the state, which may be one
//          record ahead of the log, may not be kept. No snapshot of it can be: what is written must be durable in the
//          log first (checkpoint_writer.h).
#pragma once

#include "mock_engine/order_state_machine.h"
#include "postmortem/audit_log.h"

namespace crashwright::mock_engine {

class OrderJournal {
 public:
  // Both must outlive the journal.
  OrderJournal(postmortem::AuditLog& log, OrderStateMachine& orders) : log_(log), orders_(orders) {}

  // On success `record.sequence` is its place in the log.
  [[nodiscard]] bool record(postmortem::AuditRecord& record);

  // A heartbeat record, when nothing was recorded for a second: a log that ends says until when the engine lived.
  [[nodiscard]] bool keep_alive();

  [[nodiscard]] bool durable(uint64_t sequence) const { return log_.durable_up_to() >= sequence; }
  [[nodiscard]] const OrderState& state() const { return orders_.state(); }
  [[nodiscard]] const OrderStateMachine& orders() const { return orders_; }
  [[nodiscard]] postmortem::AuditLog& log() { return log_; }

 private:
  postmortem::AuditLog& log_;
  OrderStateMachine& orders_;
  uint64_t last_ns_ = 0;  // of the newest record
};

}  // namespace crashwright::mock_engine
