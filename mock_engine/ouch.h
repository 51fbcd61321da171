// NASDAQ OUCH 5.0, the subset the engine and the exchange speak: order entry over SoupBinTCP, exact byte layout.
//
// To the exchange: O enter, U replace, X cancel, C mass cancel, D disable and E enable order entry, Q account query.
// From it: S system event, A accepted, U replaced, C canceled, E executed, B broken trade, J rejected, I cancel
// reject, X mass cancel response, G disabled, K enabled, Q account query response.
// The same letter means different things in the two directions, hence decode_inbound() and decode_outbound().
//
// Appendage: after its fixed part a message may carry a two-byte length and so many bytes of elements, each one byte of
// length (of what follows), a tag byte and a value. decode() checks that the elements fill the appendage exactly and
// hands them out as a view into the message; the tags' meaning is the caller's. Appendage says per message whether the
// length field is there. Unknown tags are no error.
// UserRefNum: strictly increasing over O and U for the day, consumed by an accepted or rejected order.
// Quantity: of U the total including shares already executed; of X the total still wanted (0 cancels the rest); of
// OrderReplaced the shares open after it; of OrderCanceled the shares taken off by it.
// Units:   prices are integer ticks of 1/10,000; time is nanoseconds since midnight.
// Errors:  DecodeStatus, never an exception. No allocation. Threads: any. Signal context: yes, if the visitor is.
// Source:  Nasdaq "OUCH 5.0 Order Entry Specification", sections 2 (inbound), 3 (outbound) and appendix A (tags).
#pragma once

#include "mock_engine/ouch_inbound.h"
#include "mock_engine/ouch_outbound.h"
#include "mock_engine/ouch_types.h"

namespace crashwright::mock_engine::ouch {

enum class DecodeStatus : uint8_t {
  kDecoded,
  kUnknownType,   // no message of this subset in this direction
  kBadLength,     // the fixed part is torn, or bytes stand where none may
  kBadAppendage,  // the appendage length or an element's length does not fit
};

[[nodiscard]] const char* decode_status_name(DecodeStatus status) noexcept;

// True when the elements fill `appendage` exactly and each has a tag.
[[nodiscard]] bool appendage_is_well_formed(Bytes appendage) noexcept;

// The value of the first element with `tag`; empty when there is none. `appendage` must be well formed.
[[nodiscard]] Bytes find_element(Bytes appendage, uint8_t tag) noexcept;

// Bytes that encode() will write.
template <typename Message>
[[nodiscard]] inline size_t encoded_bytes(const Message& message) noexcept {
  if constexpr (Message::kAppendage == Appendage::kNever) {
    return Message::kFixedSize;
  } else {
    if (Message::kAppendage == Appendage::kRare && message.appendage.empty()) return Message::kFixedSize;
    return Message::kFixedSize + 2 + message.appendage.size();
  }
}

// Room for any message with up to 58 bytes of elements; encoded_bytes() tells for more.
inline constexpr size_t kMessageBytesMax = 128;

// Writes encoded_bytes(message) bytes to `out`, which must have room for them, and returns that number.
template <typename Message>
inline size_t encode(const Message& message, std::byte* out) noexcept {
  WireWriter wire(out);
  wire.character(Message::kType);
  Message::fields(wire, message);
  if constexpr (Message::kAppendage != Appendage::kNever) {
    if (Message::kAppendage != Appendage::kRare || !message.appendage.empty()) {
      wire.u16(static_cast<uint16_t>(message.appendage.size()));
      wire.raw(message.appendage);
    }
  }
  return static_cast<size_t>(wire.position() - out);
}

template <typename Message>
[[nodiscard]] inline DecodeStatus decode_appendage(Bytes bytes, Message& message) noexcept {
  const Bytes rest = bytes.subspan(Message::kFixedSize);
  if constexpr (Message::kAppendage == Appendage::kNever) {
    return rest.empty() ? DecodeStatus::kDecoded : DecodeStatus::kBadLength;
  } else {
    if (rest.empty() && Message::kAppendage != Appendage::kRequired) return DecodeStatus::kDecoded;
    if (rest.size() < 2) return DecodeStatus::kBadLength;
    const Bytes elements = rest.subspan(2);
    if (load_big_endian<uint16_t>(rest.data()) != elements.size()) return DecodeStatus::kBadAppendage;
    if (!elements.empty() && !appendage_is_well_formed(elements)) return DecodeStatus::kBadAppendage;
    message.appendage = elements;
    return DecodeStatus::kDecoded;
  }
}

// Decodes exactly this message, without a visitor. The type byte is not looked at.
template <typename Message>
[[nodiscard]] inline DecodeStatus decode_into(Bytes bytes, Message& message) noexcept {
  if (bytes.size() < Message::kFixedSize) return DecodeStatus::kBadLength;
  WireReader wire(bytes.data() + 1);
  Message::fields(wire, message);
  return decode_appendage(bytes, message);
}

template <typename Message>
[[nodiscard]] inline DecodeStatus decode_as(Bytes bytes, auto&& visitor) {
  Message message;
  const DecodeStatus status = decode_into(bytes, message);
  if (status == DecodeStatus::kDecoded) visitor(static_cast<const Message&>(message));
  return status;
}

// Calls `visitor` with the decoded message, on kDecoded only.
template <typename Visitor>
[[nodiscard]] inline DecodeStatus decode_inbound(Bytes bytes, Visitor&& visitor) {
  if (bytes.empty()) return DecodeStatus::kBadLength;
  switch (static_cast<char>(bytes[0])) {
    case EnterOrder::kType:
      return decode_as<EnterOrder>(bytes, visitor);
    case ReplaceOrder::kType:
      return decode_as<ReplaceOrder>(bytes, visitor);
    case CancelOrder::kType:
      return decode_as<CancelOrder>(bytes, visitor);
    case MassCancel::kType:
      return decode_as<MassCancel>(bytes, visitor);
    case DisableOrderEntry::kType:
      return decode_as<DisableOrderEntry>(bytes, visitor);
    case EnableOrderEntry::kType:
      return decode_as<EnableOrderEntry>(bytes, visitor);
    case AccountQuery::kType:
      return decode_as<AccountQuery>(bytes, visitor);
    default:
      return DecodeStatus::kUnknownType;
  }
}

template <typename Visitor>
[[nodiscard]] inline DecodeStatus decode_outbound(Bytes bytes, Visitor&& visitor) {
  if (bytes.empty()) return DecodeStatus::kBadLength;
  switch (static_cast<char>(bytes[0])) {
    case OrderExecuted::kType:
      return decode_as<OrderExecuted>(bytes, visitor);
    case OrderAccepted::kType:
      return decode_as<OrderAccepted>(bytes, visitor);
    case OrderReplaced::kType:
      return decode_as<OrderReplaced>(bytes, visitor);
    case OrderCanceled::kType:
      return decode_as<OrderCanceled>(bytes, visitor);
    case OrderRejected::kType:
      return decode_as<OrderRejected>(bytes, visitor);
    case CancelReject::kType:
      return decode_as<CancelReject>(bytes, visitor);
    case BrokenTrade::kType:
      return decode_as<BrokenTrade>(bytes, visitor);
    case MassCancelResponse::kType:
      return decode_as<MassCancelResponse>(bytes, visitor);
    case OrderEntryDisabled::kType:
      return decode_as<OrderEntryDisabled>(bytes, visitor);
    case OrderEntryEnabled::kType:
      return decode_as<OrderEntryEnabled>(bytes, visitor);
    case AccountQueryResponse::kType:
      return decode_as<AccountQueryResponse>(bytes, visitor);
    case SystemEvent::kType:
      return decode_as<SystemEvent>(bytes, visitor);
    default:
      return DecodeStatus::kUnknownType;
  }
}

}  // namespace crashwright::mock_engine::ouch
