// NASDAQ TotalView-ITCH 5.0: the market data messages, decoded into small structs without allocation.
//
// decode() checks type and length, fills the struct on the stack and calls the visitor with it; it reads nothing
// beyond `message`. A type of the specification that carries nothing for a book (participants, imbalances, LULD ...)
// is kNotDecoded when its length is right. AddOrderAttributed (F) derives from AddOrder, so an overload for the latter
// takes both; a catch-all `const auto&` beside it would win for F.
// Units:   prices are integer ticks of 1/10,000; time is nanoseconds since midnight, six bytes on the wire.
// Errors:  DecodeStatus, never an exception. Threads: any. Signal context: yes, if the visitor is.
// Source:  Nasdaq TotalView-ITCH 5.0 specification, sections 1.1 to 1.8; offsets are those tables' order and lengths.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mock_engine/wire.h"

namespace crashwright::mock_engine::itch {

// What follows the type byte in every message.
struct Header {
  uint16_t stock_locate;  // index of the symbol, from its StockDirectory message; 0 when it names none
  uint16_t tracking_number;
  uint64_t timestamp_ns;

  static void fields(auto& wire, auto& header) noexcept {
    wire.u16(header.stock_locate);
    wire.u16(header.tracking_number);
    wire.u48(header.timestamp_ns);
  }
};

struct SystemEvent {
  static constexpr char kType = 'S';
  static constexpr size_t kSize = 12;
  Header header;
  char event_code;  // O S Q M E C: start and end of messages, system hours, market hours

  static void fields(auto& wire, auto& message) noexcept { wire.character(message.event_code); }
};

struct StockDirectory {
  static constexpr char kType = 'R';
  static constexpr size_t kSize = 39;
  Header header;
  Symbol stock;
  char market_category;
  char financial_status;
  uint32_t round_lot_size;
  char round_lots_only;
  char issue_classification;
  Alpha<2> issue_subtype;
  char authenticity;
  char short_sale_threshold;
  char ipo_flag;
  char luld_reference_price_tier;
  char etp_flag;
  uint32_t etp_leverage_factor;
  char inverse_indicator;

  static void fields(auto& wire, auto& message) noexcept {
    wire.alpha(message.stock);
    wire.character(message.market_category);
    wire.character(message.financial_status);
    wire.u32(message.round_lot_size);
    wire.character(message.round_lots_only);
    wire.character(message.issue_classification);
    wire.alpha(message.issue_subtype);
    wire.character(message.authenticity);
    wire.character(message.short_sale_threshold);
    wire.character(message.ipo_flag);
    wire.character(message.luld_reference_price_tier);
    wire.character(message.etp_flag);
    wire.u32(message.etp_leverage_factor);
    wire.character(message.inverse_indicator);
  }
};

struct TradingAction {
  static constexpr char kType = 'H';
  static constexpr size_t kSize = 25;
  Header header;
  Symbol stock;
  char trading_state;  // H halted, P paused, Q quotation only, T trading
  char reserved;
  Alpha<4> reason;

  static void fields(auto& wire, auto& message) noexcept {
    wire.alpha(message.stock);
    wire.character(message.trading_state);
    wire.character(message.reserved);
    wire.alpha(message.reason);
  }
};

struct AddOrder {
  static constexpr char kType = 'A';
  static constexpr size_t kSize = 36;
  Header header;
  uint64_t order_reference;
  char side;  // B or S
  uint32_t shares;
  Symbol stock;
  uint32_t price_ticks;

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.order_reference);
    wire.character(message.side);
    wire.u32(message.shares);
    wire.alpha(message.stock);
    wire.u32(message.price_ticks);
  }
};

struct AddOrderAttributed : AddOrder {
  static constexpr char kType = 'F';
  static constexpr size_t kSize = 40;
  Alpha<4> attribution;

  static void fields(auto& wire, auto& message) noexcept {
    AddOrder::fields(wire, message);
    wire.alpha(message.attribution);
  }
};

struct OrderExecuted {
  static constexpr char kType = 'E';
  static constexpr size_t kSize = 31;
  Header header;
  uint64_t order_reference;
  uint32_t executed_shares;
  uint64_t match_number;

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.order_reference);
    wire.u32(message.executed_shares);
    wire.u64(message.match_number);
  }
};

struct OrderExecutedWithPrice {
  static constexpr char kType = 'C';
  static constexpr size_t kSize = 36;
  Header header;
  uint64_t order_reference;
  uint32_t executed_shares;
  uint64_t match_number;
  char printable;  // Y or N
  uint32_t execution_price_ticks;

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.order_reference);
    wire.u32(message.executed_shares);
    wire.u64(message.match_number);
    wire.character(message.printable);
    wire.u32(message.execution_price_ticks);
  }
};

struct OrderCancel {
  static constexpr char kType = 'X';
  static constexpr size_t kSize = 23;
  Header header;
  uint64_t order_reference;
  uint32_t cancelled_shares;

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.order_reference);
    wire.u32(message.cancelled_shares);
  }
};

struct OrderDelete {
  static constexpr char kType = 'D';
  static constexpr size_t kSize = 19;
  Header header;
  uint64_t order_reference;

  static void fields(auto& wire, auto& message) noexcept { wire.u64(message.order_reference); }
};

struct OrderReplace {
  static constexpr char kType = 'U';
  static constexpr size_t kSize = 35;
  Header header;
  uint64_t original_order_reference;
  uint64_t new_order_reference;
  uint32_t shares;
  uint32_t price_ticks;

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.original_order_reference);
    wire.u64(message.new_order_reference);
    wire.u32(message.shares);
    wire.u32(message.price_ticks);
  }
};

struct Trade {
  static constexpr char kType = 'P';
  static constexpr size_t kSize = 44;
  Header header;
  uint64_t order_reference;
  char side;
  uint32_t shares;
  Symbol stock;
  uint32_t price_ticks;
  uint64_t match_number;

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.order_reference);
    wire.character(message.side);
    wire.u32(message.shares);
    wire.alpha(message.stock);
    wire.u32(message.price_ticks);
    wire.u64(message.match_number);
  }
};

struct CrossTrade {
  static constexpr char kType = 'Q';
  static constexpr size_t kSize = 40;
  Header header;
  uint64_t shares;
  Symbol stock;
  uint32_t cross_price_ticks;
  uint64_t match_number;
  char cross_type;  // O opening, C closing, H halt or IPO

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.shares);
    wire.alpha(message.stock);
    wire.u32(message.cross_price_ticks);
    wire.u64(message.match_number);
    wire.character(message.cross_type);
  }
};

// The longest message of the specification (I, net order imbalance).
inline constexpr size_t kMessageBytesMax = 50;

enum class DecodeStatus : uint8_t {
  kDecoded,
  kNotDecoded,   // a type of the specification without a struct here, of the right length
  kUnknownType,  // no type of the specification
  kBadLength,    // shorter or longer than its type demands, or empty
};

[[nodiscard]] const char* decode_status_name(DecodeStatus status) noexcept;

// Bytes that the specification gives to a message of this type, 0 for an unknown type.
[[nodiscard]] size_t message_bytes(char type) noexcept;

template <typename Message>
[[nodiscard]] inline DecodeStatus decode_as(Bytes bytes, auto&& visitor) {
  if (bytes.size() != Message::kSize) return DecodeStatus::kBadLength;
  Message message;
  WireReader wire(bytes.data() + 1);
  Header::fields(wire, message.header);
  Message::fields(wire, message);
  visitor(static_cast<const Message&>(message));
  return DecodeStatus::kDecoded;
}

// Calls `visitor` with the decoded message, on kDecoded only.
template <typename Visitor>
[[nodiscard]] inline DecodeStatus decode(Bytes bytes, Visitor&& visitor) {
  if (bytes.empty()) return DecodeStatus::kBadLength;
  const char type = static_cast<char>(bytes[0]);
  switch (type) {
    case AddOrder::kType:
      return decode_as<AddOrder>(bytes, visitor);
    case OrderExecuted::kType:
      return decode_as<OrderExecuted>(bytes, visitor);
    case OrderDelete::kType:
      return decode_as<OrderDelete>(bytes, visitor);
    case OrderReplace::kType:
      return decode_as<OrderReplace>(bytes, visitor);
    case OrderCancel::kType:
      return decode_as<OrderCancel>(bytes, visitor);
    case OrderExecutedWithPrice::kType:
      return decode_as<OrderExecutedWithPrice>(bytes, visitor);
    case AddOrderAttributed::kType:
      return decode_as<AddOrderAttributed>(bytes, visitor);
    case Trade::kType:
      return decode_as<Trade>(bytes, visitor);
    case CrossTrade::kType:
      return decode_as<CrossTrade>(bytes, visitor);
    case SystemEvent::kType:
      return decode_as<SystemEvent>(bytes, visitor);
    case StockDirectory::kType:
      return decode_as<StockDirectory>(bytes, visitor);
    case TradingAction::kType:
      return decode_as<TradingAction>(bytes, visitor);
    default: {
      const size_t expected = message_bytes(type);
      if (expected == 0) return DecodeStatus::kUnknownType;
      return bytes.size() == expected ? DecodeStatus::kNotDecoded : DecodeStatus::kBadLength;
    }
  }
}

// Writes Message::kSize bytes to `out`, which must have room for them, and returns that number.
template <typename Message>
inline size_t encode(const Message& message, std::byte* out) noexcept {
  WireWriter wire(out);
  wire.character(Message::kType);
  Header::fields(wire, message.header);
  Message::fields(wire, message);
  return Message::kSize;
}

// One message of a feed in its place: what ItchFileReader and FeedGenerator hand out.
struct FeedMessage {
  uint64_t sequence = 0;  // index in the feed, from 1
  Bytes bytes;            // valid until the next call
};

}  // namespace crashwright::mock_engine::itch
