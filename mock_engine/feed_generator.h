// A seeded market: the same (seed, symbols, messages) gives the same ITCH 5.0 bytes on every machine.
//
// The session is a valid one: start events, directory, trading state and opening cross per symbol, then adds,
// executions, cancels, deletes, replaces and trades, then end events. Every order reference is live when it is used and
// never used again after; the displayed book is never crossed; prices walk at random in steps of a cent; time strictly
// increases from 09:30 (10 microseconds a message on average). Exactly `messages` messages come out: a number too small
// for the frame of start and end events gives a prefix of it. Threads: one owner. Errors: none. No allocation after
// construction. Signal context: no.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "mock_engine/itch.h"

namespace crashwright::mock_engine::itch {

// Name of the symbol with this index: well-known tickers first, then SYM0021 and so on.
[[nodiscard]] std::string feed_symbol_name(uint32_t index);

class FeedGenerator {
 public:
  static constexpr uint32_t kSymbolsMax = 8192;

  // 1 to kSymbolsMax symbols. stock_locate of a symbol is its index plus one.
  FeedGenerator(uint64_t seed, uint32_t symbols, uint64_t messages);

  // False at the end. `message.bytes` is valid until the next call.
  [[nodiscard]] bool next(FeedMessage& message) noexcept;
  [[nodiscard]] uint64_t messages() const noexcept { return messages_; }

 private:
  static constexpr size_t kOrdersPerSideMax = 24;

  struct RestingOrder {
    uint64_t reference;
    uint32_t price_ticks;
    uint32_t shares;
  };
  // One side of one symbol's displayed book, in no order.
  struct Side {
    std::array<RestingOrder, kOrdersPerSideMax> orders;
    uint32_t size = 0;
  };
  struct Market {
    Symbol name;
    uint32_t mid_ticks;
    Side sides[2];  // bids, asks
  };

  template <typename Message>
  void put(Message message, uint16_t locate) noexcept;
  void put_event(char code) noexcept;
  void put_prologue(uint64_t index) noexcept;
  void put_directory(uint32_t index) noexcept;
  void put_epilogue(uint64_t left) noexcept;
  void put_market_activity() noexcept;
  void put_add(Market& market, uint16_t locate, uint32_t side) noexcept;
  void put_replace(Market& market, uint16_t locate, uint32_t side, uint32_t slot) noexcept;
  void put_execution(Market& market, uint16_t locate, uint32_t side, uint32_t slot, bool with_price) noexcept;
  void put_cancel(Market& market, uint16_t locate, uint32_t side, uint32_t slot) noexcept;
  void put_delete(Market& market, uint16_t locate, uint32_t side, uint32_t slot) noexcept;
  void put_trade(Market& market, uint16_t locate, uint32_t side) noexcept;
  void walk(Market& market) noexcept;
  [[nodiscard]] uint32_t new_price(const Market& market, uint32_t side) noexcept;
  // Slot of the opposite order that `price` would trade with at best, or -1.
  [[nodiscard]] static int crossed_slot(const Market& market, uint32_t side, uint32_t price) noexcept;
  [[nodiscard]] uint32_t new_shares() noexcept;
  static void remove(Side& side, uint32_t slot) noexcept;

  Random random_;
  uint64_t messages_;
  uint64_t prologue_messages_;
  uint64_t sequence_ = 0;
  uint64_t time_ns_;
  uint64_t next_reference_ = 1;
  uint64_t next_match_ = 1;
  std::vector<Market> markets_;
  size_t size_ = 0;
  std::array<std::byte, kMessageBytesMax> buffer_{};
};

}  // namespace crashwright::mock_engine::itch
