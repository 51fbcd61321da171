// OUCH 5.0 messages from the exchange to the engine. The order of fields() is the layout on the wire after the type.
//
// Threads, errors, units, source: ouch.h. Signal context: yes.
#pragma once

#include "mock_engine/ouch_types.h"

namespace crashwright::mock_engine::ouch {

struct SystemEvent {
  static constexpr char kType = 'S';
  static constexpr size_t kFixedSize = 10;
  static constexpr Appendage kAppendage = Appendage::kNever;
  uint64_t timestamp_ns = 0;
  char event_code = 'S';  // S start of day, E end of day

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.character(message.event_code);
  }
};

struct OrderAccepted {
  static constexpr char kType = 'A';
  static constexpr size_t kFixedSize = 62;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  char side = 'B';
  uint32_t quantity = 0;
  Symbol symbol = Symbol::of("");
  uint64_t price_ticks = 0;
  char time_in_force = kDay;
  char display = 'Y';
  uint64_t order_reference = 0;
  char capacity = 'P';
  char intermarket_sweep = 'N';
  char cross_type = 'N';
  char order_state = 'L';  // L live, D dead on arrival
  ClientOrderId client_order_id = ClientOrderId::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
    order_fields(wire, message);
  }
  // What OrderAccepted and OrderReplaced have in common.
  static void order_fields(auto& wire, auto& message) noexcept {
    wire.character(message.side);
    wire.u32(message.quantity);
    wire.alpha(message.symbol);
    wire.u64(message.price_ticks);
    wire.character(message.time_in_force);
    wire.character(message.display);
    wire.u64(message.order_reference);
    wire.character(message.capacity);
    wire.character(message.intermarket_sweep);
    wire.character(message.cross_type);
    wire.character(message.order_state);
    wire.alpha(message.client_order_id);
  }
};

struct OrderReplaced {
  static constexpr char kType = 'U';
  static constexpr size_t kFixedSize = 66;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint64_t timestamp_ns = 0;
  uint32_t original_user_ref = 0;
  uint32_t user_ref = 0;
  char side = 'B';
  uint32_t quantity = 0;  // shares open after it
  Symbol symbol = Symbol::of("");
  uint64_t price_ticks = 0;
  char time_in_force = kDay;
  char display = 'Y';
  uint64_t order_reference = 0;
  char capacity = 'P';
  char intermarket_sweep = 'N';
  char cross_type = 'N';
  char order_state = 'L';
  ClientOrderId client_order_id = ClientOrderId::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.original_user_ref);
    wire.u32(message.user_ref);
    OrderAccepted::order_fields(wire, message);
  }
};

struct OrderCanceled {
  static constexpr char kType = 'C';
  static constexpr size_t kFixedSize = 18;
  static constexpr Appendage kAppendage = Appendage::kRare;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  uint32_t quantity = 0;
  char reason = kCancelledByUser;
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
    wire.u32(message.quantity);
    wire.character(message.reason);
  }
};

struct OrderExecuted {
  static constexpr char kType = 'E';
  static constexpr size_t kFixedSize = 34;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  uint32_t quantity = 0;
  uint64_t price_ticks = 0;
  char liquidity_flag = 'R';  // A added, R removed
  uint64_t match_number = 0;
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
    wire.u32(message.quantity);
    wire.u64(message.price_ticks);
    wire.character(message.liquidity_flag);
    wire.u64(message.match_number);
  }
};

// The execution `match_number` did not happen after all; the shares do not come back to the order.
struct BrokenTrade {
  static constexpr char kType = 'B';
  static constexpr size_t kFixedSize = 36;
  static constexpr Appendage kAppendage = Appendage::kRare;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  uint64_t match_number = 0;
  char reason = 'S';  // E erroneous, C consent, S supervisory, X external
  ClientOrderId client_order_id = ClientOrderId::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
    wire.u64(message.match_number);
    wire.character(message.reason);
    wire.alpha(message.client_order_id);
  }
};

struct OrderRejected {
  static constexpr char kType = 'J';
  static constexpr size_t kFixedSize = 29;
  static constexpr Appendage kAppendage = Appendage::kRare;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  uint16_t reason = kRejectOther;  // RejectReason
  ClientOrderId client_order_id = ClientOrderId::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
    wire.u16(message.reason);
    wire.alpha(message.client_order_id);
  }
};

struct CancelReject {
  static constexpr char kType = 'I';
  static constexpr size_t kFixedSize = 13;
  static constexpr Appendage kAppendage = Appendage::kRare;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
  }
};

struct MassCancelResponse {
  static constexpr char kType = 'X';
  static constexpr size_t kFixedSize = 25;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  Firm firm = Firm::of("");
  Symbol symbol = Symbol::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
    wire.alpha(message.firm);
    wire.alpha(message.symbol);
  }
};

struct OrderEntryDisabled {
  static constexpr char kType = 'G';
  static constexpr size_t kFixedSize = 17;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  Firm firm = Firm::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
    wire.alpha(message.firm);
  }
};

struct OrderEntryEnabled {
  static constexpr char kType = 'K';
  static constexpr size_t kFixedSize = 17;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint64_t timestamp_ns = 0;
  uint32_t user_ref = 0;
  Firm firm = Firm::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.user_ref);
    wire.alpha(message.firm);
  }
};

struct AccountQueryResponse {
  static constexpr char kType = 'Q';
  static constexpr size_t kFixedSize = 13;
  static constexpr Appendage kAppendage = Appendage::kRare;
  uint64_t timestamp_ns = 0;
  uint32_t next_user_ref = 0;  // lowest number not consumed yet
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u64(message.timestamp_ns);
    wire.u32(message.next_user_ref);
  }
};

}  // namespace crashwright::mock_engine::ouch
