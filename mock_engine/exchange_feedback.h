// Takes what the exchange said into the log and the order state, each message exactly once.
//
// Threads: the trading thread alone. Signal context: no.
// Send then log: while it catches up with what a death left out of the log, an order that the log does not hold is
// taken over at the exchange's first answer to it, as an intent of its own (kAdoptedFromExchange). Its terms are those
// of the drop copy, if there is one; else those that the answer has, and the intent says when they are not all
// (kTermsUnknown).
// Errors:  the reason to stop: a sealed log, a gap in the session, an order that this log never entered, a drop copy
//          that is none, a trade broken that stands in a part of the log which is missing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "mock_engine/engine_options.h"
#include "mock_engine/entered_orders.h"
#include "mock_engine/order_gateway.h"
#include "mock_engine/order_journal.h"
#include "mock_engine/stop_reason.h"

namespace crashwright::mock_engine {

enum class Drained : uint8_t { kNothing, kSome, kDisconnected };

class ExchangeFeedback {
 public:
  ExchangeFeedback(OrderGateway& gateway, OrderJournal& journal, const EngineOptions& options)
      : gateway_(gateway),
        journal_(journal),
        audit_path_(options.audit_path()),
        entered_(options.drop_copy),
        adopts_(options.order_logging == OrderLogging::kAfterSend) {}

  // Everything that has arrived, up to the end of a connection.
  [[nodiscard]] tl::expected<Drained, StopReason> drain();

  // One message, as it arrived, or as the drop copy tells it.
  [[nodiscard]] Step take(postmortem::AuditRecord& record);

  // Account queries answered since the start, and what the last answer said.
  [[nodiscard]] uint64_t queries_answered() const { return queries_answered_; }
  [[nodiscard]] uint32_t exchange_next_user_ref() const { return exchange_next_user_ref_; }

 private:
  // Completes the message that breaks a trade which only the log still holds; false: no such trade.
  [[nodiscard]] tl::expected<bool, StopReason> recall_trade(postmortem::AuditRecord& record) const;
  [[nodiscard]] Step take_unknown(postmortem::AuditRecord& answer);
  [[nodiscard]] tl::expected<postmortem::AuditRecord, StopReason> intent_behind(const postmortem::AuditRecord& answer);
  [[nodiscard]] Step stop_at_gap(uint64_t received);

  OrderGateway& gateway_;
  OrderJournal& journal_;
  const std::string audit_path_;
  EnteredOrders entered_;
  const bool adopts_;
  uint64_t queries_answered_ = 0;
  uint32_t exchange_next_user_ref_ = 1;
};

// The reason a sealed log gives for stopping.
[[nodiscard]] tl::unexpected<StopReason> stop_sealed(const postmortem::AuditLog& log);

// How long the log may stand still while records wait, and the reason to stop after that.
inline constexpr std::chrono::seconds kLogStallMax{15};
[[nodiscard]] tl::unexpected<StopReason> stop_stalled();

}  // namespace crashwright::mock_engine
