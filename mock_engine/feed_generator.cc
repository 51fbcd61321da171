#include "mock_engine/feed_generator.h"

#include <string_view>

#include "base/check.h"

namespace crashwright::mock_engine::itch {
namespace {

constexpr std::string_view kTickers[] = {"AAPL", "MSFT", "NVDA", "AMZN", "GOOG", "META", "TSLA",
                                         "AVGO", "COST", "NFLX", "AMD",  "PEP",  "ADBE", "CSCO",
                                         "QCOM", "INTC", "TXN",  "AMGN", "HON",  "SBUX"};
constexpr uint32_t kTickers20 = std::size(kTickers);
constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kOpenNs = (9 * 3600 + 30 * 60) * kSecond;
constexpr uint64_t kStepNsMax = 20'000;  // between two messages
constexpr uint32_t kCent = 100;          // in ticks
constexpr uint32_t kMidTicksMin = 100'000;
constexpr uint32_t kMidTicksMax = 9'000'000;
constexpr uint32_t kLevels = 8;  // cents from the middle that new orders stand at most
constexpr uint32_t kOrdersWanted = 6;
constexpr uint64_t kOpeningEvents = 3;  // O, S, Q
constexpr uint64_t kMessagesPerSymbol = 3;
constexpr uint64_t kEpilogue = 3;

constexpr uint32_t kBid = 0;
constexpr char kSideLetter[] = {'B', 'S'};

}  // namespace

std::string feed_symbol_name(uint32_t index) {
  if (index < kTickers20) return std::string(kTickers[index]);
  const std::string digits = std::to_string(index);
  return "SYM" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

FeedGenerator::FeedGenerator(uint64_t seed, uint32_t symbols, uint64_t messages)
    : random_(seed),
      messages_(messages),
      prologue_messages_(kOpeningEvents + kMessagesPerSymbol * symbols),
      time_ns_(kOpenNs) {
  CRASHWRIGHT_CHECK(symbols >= 1 && symbols <= kSymbolsMax, "stock_locate and memory are bounded");
  markets_.resize(symbols);
  for (uint32_t i = 0; i < symbols; ++i) {
    markets_[i].name = Symbol::of(feed_symbol_name(i));
    markets_[i].mid_ticks = static_cast<uint32_t>(20 + random_.below(400)) * 100 * kCent;
  }
}

bool FeedGenerator::next(FeedMessage& message) noexcept {
  if (sequence_ == messages_) return false;
  time_ns_ += 1 + random_.below(kStepNsMax);
  if (sequence_ < prologue_messages_) {
    put_prologue(sequence_);
  } else if (messages_ - sequence_ <= kEpilogue) {
    put_epilogue(messages_ - sequence_);
  } else {
    put_market_activity();
  }
  message.sequence = ++sequence_;
  message.bytes = {buffer_.data(), size_};
  return true;
}

template <typename Message>
void FeedGenerator::put(Message message, uint16_t locate) noexcept {
  message.header = {locate, 0, time_ns_};
  size_ = encode(message, buffer_.data());
}

void FeedGenerator::put_event(char code) noexcept { put(SystemEvent{{}, code}, 0); }

// O, S, then directory and trading state of each symbol, Q, then the opening crosses.
void FeedGenerator::put_prologue(uint64_t index) noexcept {
  const uint64_t symbols = markets_.size();
  if (index == 0) return put_event('O');
  if (index == 1) return put_event('S');
  index -= 2;
  if (index < symbols) return put_directory(static_cast<uint32_t>(index));
  index -= symbols;
  if (index < symbols) {
    return put(TradingAction{{}, markets_[index].name, 'T', ' ', Alpha<4>::of("")}, static_cast<uint16_t>(index + 1));
  }
  index -= symbols;
  if (index == 0) return put_event('Q');
  --index;
  const uint64_t shares = 100 * (1 + random_.below(1000));
  put(CrossTrade{{}, shares, markets_[index].name, markets_[index].mid_ticks, next_match_++, 'O'},
      static_cast<uint16_t>(index + 1));
}

void FeedGenerator::put_directory(uint32_t index) noexcept {
  StockDirectory directory{};
  directory.stock = markets_[index].name;
  directory.market_category = 'Q';
  directory.financial_status = 'N';
  directory.round_lot_size = 100;
  directory.round_lots_only = 'N';
  directory.issue_classification = 'C';
  directory.issue_subtype = Alpha<2>::of("Z");
  directory.authenticity = 'P';
  directory.short_sale_threshold = 'N';
  directory.ipo_flag = 'N';
  directory.luld_reference_price_tier = '1';
  directory.etp_flag = 'N';
  directory.etp_leverage_factor = 0;
  directory.inverse_indicator = 'N';
  put(directory, static_cast<uint16_t>(index + 1));
}

void FeedGenerator::put_epilogue(uint64_t left) noexcept { put_event(left == 3 ? 'M' : left == 2 ? 'E' : 'C'); }

void FeedGenerator::put_market_activity() noexcept {
  const uint64_t dice = random_.next();
  const auto index = static_cast<uint32_t>(((dice >> 32) * markets_.size()) >> 32);
  const uint32_t side = dice & 1;
  const auto locate = static_cast<uint16_t>(index + 1);
  Market& market = markets_[index];
  if (((dice >> 1) & 7) == 0) walk(market);
  Side& book = market.sides[side];
  const uint32_t percent = static_cast<uint32_t>((dice >> 4) & 0xffff) * 100 >> 16;
  if (book.size == 0 || (book.size < kOrdersWanted && percent < 80)) return put_add(market, locate, side);
  const auto slot = static_cast<uint32_t>((((dice >> 20) & 0xfff) * book.size) >> 12);
  if (percent < 40 && book.size < kOrdersPerSideMax) return put_add(market, locate, side);
  if (percent < 62) return put_delete(market, locate, side, slot);
  if (percent < 74) return put_replace(market, locate, side, slot);
  if (percent < 84) return put_cancel(market, locate, side, slot);
  if (percent < 94) return put_execution(market, locate, side, slot, false);
  if (percent < 97) return put_execution(market, locate, side, slot, true);
  put_trade(market, locate, side);
}

// A new order that would cross the book trades with it instead, as on a real exchange.
void FeedGenerator::put_add(Market& market, uint16_t locate, uint32_t side) noexcept {
  const uint32_t price = new_price(market, side);
  if (const int crossed = crossed_slot(market, side, price); crossed >= 0) {
    return put_execution(market, locate, 1 - side, static_cast<uint32_t>(crossed), false);
  }
  Side& book = market.sides[side];
  const RestingOrder order{next_reference_++, price, new_shares()};
  book.orders[book.size++] = order;
  AddOrderAttributed add{};
  add.order_reference = order.reference;
  add.side = kSideLetter[side];
  add.shares = order.shares;
  add.stock = market.name;
  add.price_ticks = price;
  if (order.reference % 32 != 0) return put(static_cast<const AddOrder&>(add), locate);
  add.attribution = Alpha<4>::of("CWMM");
  put(add, locate);
}

void FeedGenerator::put_replace(Market& market, uint16_t locate, uint32_t side, uint32_t slot) noexcept {
  const uint32_t price = new_price(market, side);
  if (const int crossed = crossed_slot(market, side, price); crossed >= 0) {
    return put_execution(market, locate, 1 - side, static_cast<uint32_t>(crossed), false);
  }
  RestingOrder& order = market.sides[side].orders[slot];
  const uint64_t original = order.reference;
  order = {next_reference_++, price, new_shares()};
  put(OrderReplace{{}, original, order.reference, order.shares, price}, locate);
}

void FeedGenerator::put_execution(Market& market, uint16_t locate, uint32_t side, uint32_t slot,
                                  bool with_price) noexcept {
  RestingOrder& order = market.sides[side].orders[slot];
  const RestingOrder before = order;
  const auto shares = random_.below(2) == 0 ? before.shares : static_cast<uint32_t>(1 + random_.below(before.shares));
  order.shares -= shares;
  if (order.shares == 0) remove(market.sides[side], slot);
  if (!with_price) return put(OrderExecuted{{}, before.reference, shares, next_match_++}, locate);
  const uint32_t price = side == kBid ? before.price_ticks + kCent / 2 : before.price_ticks - kCent / 2;
  put(OrderExecutedWithPrice{{}, before.reference, shares, next_match_++, 'Y', price}, locate);
}

// Takes part of the shares; an order of one share is deleted instead.
void FeedGenerator::put_cancel(Market& market, uint16_t locate, uint32_t side, uint32_t slot) noexcept {
  RestingOrder& order = market.sides[side].orders[slot];
  if (order.shares == 1) return put_delete(market, locate, side, slot);
  const auto shares = static_cast<uint32_t>(1 + random_.below(order.shares - 1));
  order.shares -= shares;
  put(OrderCancel{{}, order.reference, shares}, locate);
}

void FeedGenerator::put_delete(Market& market, uint16_t locate, uint32_t side, uint32_t slot) noexcept {
  const uint64_t reference = market.sides[side].orders[slot].reference;
  remove(market.sides[side], slot);
  put(OrderDelete{{}, reference}, locate);
}

// A match with a hidden order: no reference, nothing displayed changes.
void FeedGenerator::put_trade(Market& market, uint16_t locate, uint32_t side) noexcept {
  put(Trade{{}, 0, kSideLetter[side], new_shares(), market.name, market.mid_ticks, next_match_++}, locate);
}

void FeedGenerator::walk(Market& market) noexcept {
  if (random_.below(2) == 0) {
    if (market.mid_ticks > kMidTicksMin) market.mid_ticks -= kCent;
  } else {
    if (market.mid_ticks < kMidTicksMax) market.mid_ticks += kCent;
  }
}

uint32_t FeedGenerator::new_price(const Market& market, uint32_t side) noexcept {
  const auto distance = static_cast<uint32_t>(1 + random_.below(kLevels)) * kCent;
  return side == kBid ? market.mid_ticks - distance : market.mid_ticks + distance;
}

int FeedGenerator::crossed_slot(const Market& market, uint32_t side, uint32_t price) noexcept {
  const Side& opposite = market.sides[1 - side];
  int best = -1;
  uint32_t limit = price;
  for (uint32_t i = 0; i < opposite.size; ++i) {
    const uint32_t resting = opposite.orders[i].price_ticks;
    if (side == kBid ? resting <= limit : resting >= limit) {
      limit = resting;
      best = static_cast<int>(i);
    }
  }
  return best;
}

uint32_t FeedGenerator::new_shares() noexcept { return static_cast<uint32_t>(1 + random_.below(10)) * 100; }

void FeedGenerator::remove(Side& side, uint32_t slot) noexcept { side.orders[slot] = side.orders[--side.size]; }

}  // namespace crashwright::mock_engine::itch
