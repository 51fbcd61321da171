// OUCH 5.0 messages from the engine to the exchange. The order of fields() is the layout on the wire after the type.
//
// Threads, errors, units, source: ouch.h. Signal context: yes.
#pragma once

#include "mock_engine/ouch_types.h"

namespace crashwright::mock_engine::ouch {

struct EnterOrder {
  static constexpr char kType = 'O';
  static constexpr size_t kFixedSize = 45;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint32_t user_ref = 0;
  char side = 'B';  // B, S, T (short), E (short exempt)
  uint32_t quantity = 0;
  Symbol symbol = Symbol::of("");
  uint64_t price_ticks = 0;
  char time_in_force = kDay;
  char display = 'Y';
  char capacity = 'P';
  char intermarket_sweep = 'N';
  char cross_type = 'N';
  ClientOrderId client_order_id = ClientOrderId::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u32(message.user_ref);
    wire.character(message.side);
    wire.u32(message.quantity);
    wire.alpha(message.symbol);
    wire.u64(message.price_ticks);
    wire.character(message.time_in_force);
    wire.character(message.display);
    wire.character(message.capacity);
    wire.character(message.intermarket_sweep);
    wire.character(message.cross_type);
    wire.alpha(message.client_order_id);
  }
};

struct ReplaceOrder {
  static constexpr char kType = 'U';
  static constexpr size_t kFixedSize = 38;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint32_t original_user_ref = 0;
  uint32_t user_ref = 0;
  uint32_t quantity = 0;
  uint64_t price_ticks = 0;
  char time_in_force = kDay;
  char display = 'Y';
  char intermarket_sweep = 'N';
  ClientOrderId client_order_id = ClientOrderId::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u32(message.original_user_ref);
    wire.u32(message.user_ref);
    wire.u32(message.quantity);
    wire.u64(message.price_ticks);
    wire.character(message.time_in_force);
    wire.character(message.display);
    wire.character(message.intermarket_sweep);
    wire.alpha(message.client_order_id);
  }
};

struct CancelOrder {
  static constexpr char kType = 'X';
  static constexpr size_t kFixedSize = 9;
  static constexpr Appendage kAppendage = Appendage::kUsual;
  uint32_t user_ref = 0;  // of the order to cancel; a cancel has no number of its own
  uint32_t quantity = 0;
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u32(message.user_ref);
    wire.u32(message.quantity);
  }
};

struct MassCancel {
  static constexpr char kType = 'C';
  static constexpr size_t kFixedSize = 17;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint32_t user_ref = 0;
  Firm firm = Firm::of("");
  Symbol symbol = Symbol::of("");  // blank: all symbols
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u32(message.user_ref);
    wire.alpha(message.firm);
    wire.alpha(message.symbol);
  }
};

// The kill switch: from here on the exchange takes no new order.
struct DisableOrderEntry {
  static constexpr char kType = 'D';
  static constexpr size_t kFixedSize = 9;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint32_t user_ref = 0;
  Firm firm = Firm::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u32(message.user_ref);
    wire.alpha(message.firm);
  }
};

struct EnableOrderEntry {
  static constexpr char kType = 'E';
  static constexpr size_t kFixedSize = 9;
  static constexpr Appendage kAppendage = Appendage::kRequired;
  uint32_t user_ref = 0;
  Firm firm = Firm::of("");
  Bytes appendage{};

  static void fields(auto& wire, auto& message) noexcept {
    wire.u32(message.user_ref);
    wire.alpha(message.firm);
  }
};

struct AccountQuery {
  static constexpr char kType = 'Q';
  static constexpr size_t kFixedSize = 1;
  static constexpr Appendage kAppendage = Appendage::kUsual;
  Bytes appendage{};

  static void fields(auto&, auto&) noexcept {}
};

}  // namespace crashwright::mock_engine::ouch
