#include "mock_engine/order_messages.h"

#include "base/check.h"
#include "mock_engine/ouch.h"
#include "mock_engine/soupbintcp.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

AuditRecordType intent_type(DecisionKind kind) {
  switch (kind) {
    case DecisionKind::kEnter:
      return AuditRecordType::kIntentEnter;
    case DecisionKind::kReplace:
      return AuditRecordType::kIntentReplace;
    case DecisionKind::kCancel:
      break;
  }
  return AuditRecordType::kIntentCancel;
}

template <typename Message>
size_t encode_packet(const Message& message, std::byte* out) noexcept {
  const size_t bytes = ouch::encode(message, out + soup::kHeaderBytes);
  return soup::encode_header(soup::PacketType::kUnsequenced, bytes, out) + bytes;
}

size_t encode_enter(const AuditRecord& intent, std::byte* out) noexcept {
  ouch::EnterOrder order;
  order.user_ref = intent.user_ref;
  order.side = intent.side;
  order.quantity = intent.quantity;
  order.symbol = Symbol::of(intent.symbol.view());
  order.price_ticks = static_cast<uint64_t>(intent.price_ticks);
  return encode_packet(order, out);
}

size_t encode_replace(const AuditRecord& intent, std::byte* out) noexcept {
  ouch::ReplaceOrder order;
  order.original_user_ref = intent.original_user_ref;
  order.user_ref = intent.user_ref;
  order.quantity = intent.quantity;
  order.price_ticks = static_cast<uint64_t>(intent.price_ticks);
  return encode_packet(order, out);
}

// Accepted and replaced orders have most fields in common.
void fill_order(AuditRecord& record, const auto& message) noexcept {
  record.user_ref = message.user_ref;
  record.side = message.side;
  record.quantity = message.quantity;
  record.leaves = message.order_state == 'L' ? message.quantity : 0;
  record.symbol.assign(message.symbol.view());
  record.price_ticks = static_cast<int64_t>(message.price_ticks);
  record.exchange_order_id = message.order_reference;
  record.time_in_force = message.time_in_force;
}

void fill(AuditRecord& record, const ouch::OrderAccepted& message) noexcept {
  record.type = AuditRecordType::kAccepted;
  fill_order(record, message);
}

void fill(AuditRecord& record, const ouch::OrderReplaced& message) noexcept {
  record.type = AuditRecordType::kReplaced;
  fill_order(record, message);
  record.original_user_ref = message.original_user_ref;
}

void fill(AuditRecord& record, const ouch::OrderCanceled& message) noexcept {
  record.type = AuditRecordType::kCancelled;
  record.user_ref = message.user_ref;
  record.quantity = message.quantity;
  record.reason = static_cast<uint8_t>(message.reason);
}

void fill(AuditRecord& record, const ouch::OrderExecuted& message) noexcept {
  record.type = AuditRecordType::kExecuted;
  record.user_ref = message.user_ref;
  record.quantity = message.quantity;
  record.price_ticks = static_cast<int64_t>(message.price_ticks);
  record.match_id = message.match_number;
}

void fill(AuditRecord& record, const ouch::BrokenTrade& message) noexcept {
  record.type = AuditRecordType::kBrokenTrade;
  record.user_ref = message.user_ref;
  record.match_id = message.match_number;
  record.reason = static_cast<uint8_t>(message.reason);
}

void fill(AuditRecord& record, const ouch::OrderRejected& message) noexcept {
  record.type = AuditRecordType::kRejected;
  record.user_ref = message.user_ref;
  record.reason = static_cast<uint8_t>(message.reason);
}

void fill(AuditRecord& record, const ouch::AccountQueryResponse& message) noexcept {
  record.user_ref = message.next_user_ref;
}

void fill(AuditRecord& record, const ouch::CancelReject& message) noexcept { record.user_ref = message.user_ref; }
void fill(AuditRecord& record, const ouch::OrderEntryDisabled& message) noexcept { record.user_ref = message.user_ref; }
void fill(AuditRecord&, const ouch::SystemEvent&) noexcept {}
void fill(AuditRecord&, const ouch::MassCancelResponse&) noexcept {}
void fill(AuditRecord&, const ouch::OrderEntryEnabled&) noexcept {}

}  // namespace

AuditRecord intent_record(const Decision& decision) {
  AuditRecord record{};
  record.type = intent_type(decision.kind);
  record.user_ref = decision.user_ref;
  record.original_user_ref = decision.original_user_ref;
  record.side = decision.side;
  record.quantity = decision.quantity;
  record.price_ticks = decision.price_ticks;
  record.symbol = decision.symbol;
  record.feed_sequence = decision.feed_sequence;
  record.time_in_force = ouch::kDay;
  return record;
}

AuditRecord intent_record(const PendingIntent& pending, const OrderState& state) {
  AuditRecord record{};
  record.type = pending.type;
  record.sequence = pending.audit_sequence;
  record.user_ref = pending.user_ref;
  record.original_user_ref = pending.original_user_ref;
  record.flags = postmortem::kPossibleResend;
  const auto order = state.orders.find(pending.user_ref);
  if (order == state.orders.end() || pending.type == AuditRecordType::kIntentCancel) return record;
  record.side = order->second.side;
  record.quantity = order->second.quantity;
  record.price_ticks = order->second.price_ticks;
  record.symbol = order->second.symbol;
  return record;
}

size_t encode_intent(const AuditRecord& intent, std::byte* out) noexcept {
  switch (intent.type) {
    case AuditRecordType::kIntentEnter:
      return encode_enter(intent, out);
    case AuditRecordType::kIntentReplace:
      return encode_replace(intent, out);
    case AuditRecordType::kIntentCancel: {
      ouch::CancelOrder order;
      order.user_ref = intent.user_ref;
      return encode_packet(order, out);
    }
    default:
      break;
  }
  CRASHWRIGHT_CHECK(intent.type == AuditRecordType::kKillSwitch, "only intents are sent");
  ouch::DisableOrderEntry disable;
  disable.user_ref = intent.user_ref;
  return encode_packet(disable, out);
}

size_t encode_account_query(std::byte* out) noexcept { return encode_packet(ouch::AccountQuery{}, out); }

std::optional<AuditRecord> event_record(Bytes message, uint64_t session_sequence) noexcept {
  AuditRecord record{};
  record.session_sequence = session_sequence;
  record.type = AuditRecordType::kSessionEvent;
  const auto status = ouch::decode_outbound(message, [&](const auto& decoded) { fill(record, decoded); });
  if (status != ouch::DecodeStatus::kDecoded) return std::nullopt;
  if (record.type == AuditRecordType::kSessionEvent) record.reason = static_cast<uint8_t>(message[0]);
  return record;
}

}  // namespace crashwright::mock_engine
