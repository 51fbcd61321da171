#include "mock_engine/order_book.h"

#include <algorithm>
#include <string_view>

#include "postmortem/fault_point.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

constexpr size_t kExpectedOrders = 1 << 12;
constexpr uint32_t kAllShares = UINT32_MAX;

const std::string kNoSymbol;

std::string_view trimmed(const char (&symbol)[8]) {
  const std::string_view text(symbol, sizeof symbol);
  return text.substr(0, std::min(text.find_last_not_of(std::string_view(" \0", 2)) + 1, text.size()));
}

}  // namespace

OrderBook::OrderBook() { orders_.reserve(kExpectedOrders); }

__attribute__((noinline)) bool OrderBook::apply(const BookEvent& event) {
  CRASHWRIGHT_FAULT_POINT("book.apply");
  switch (event.type) {
    case BookEventType::kOther:
      return false;
    case BookEventType::kDirectory:
      name_instrument(event);
      return false;
    case BookEventType::kAdd:
      name_instrument(event);
      return add(event.order_id, {event.price_ticks, event.shares, event.locate, event.side});
    case BookEventType::kReduce:
      return reduce(event.order_id, event.shares);
    case BookEventType::kDelete:
      return remove(event.order_id);
    case BookEventType::kReplace:
      return replace(event);
  }
  return false;
}

TopOfBook OrderBook::top(uint16_t locate) const {
  if (locate >= instruments_.size()) return {};
  const Instrument& found = instruments_[locate];
  TopOfBook top;
  if (!found.bids.empty()) top.bid = found.bids.back();
  if (!found.asks.empty()) top.ask = found.asks.back();
  return top;
}

const std::string& OrderBook::symbol(uint16_t locate) const {
  return locate < instruments_.size() ? instruments_[locate].symbol : kNoSymbol;
}

OrderBook::Instrument& OrderBook::instrument(uint16_t locate) {
  if (locate >= instruments_.size()) instruments_.resize(static_cast<size_t>(locate) + 1);
  return instruments_[locate];
}

void OrderBook::name_instrument(const BookEvent& event) {
  Instrument& named = instrument(event.locate);
  if (named.symbol.empty()) named.symbol = trimmed(event.symbol);
}

bool OrderBook::add(uint64_t order_id, const RestingOrder& order) {
  if (order.shares == 0 || !orders_.emplace(order_id, order).second) {
    ++unknown_orders_;
    return false;
  }
  change_level(order, order.shares);
  return true;
}

bool OrderBook::reduce(uint64_t order_id, uint32_t shares) {
  const auto found = orders_.find(order_id);
  if (found == orders_.end()) {
    ++unknown_orders_;
    return false;
  }
  if (CRASHWRIGHT_PLANTED("book_ignores_executions") && shares != kAllShares) return true;
  const uint32_t taken = std::min(shares, found->second.shares);
  change_level(found->second, -static_cast<int64_t>(taken));
  found->second.shares -= taken;
  if (found->second.shares == 0) orders_.erase(found);
  return true;
}

bool OrderBook::remove(uint64_t order_id) {
  if (CRASHWRIGHT_PLANTED("book_forgets_deletes")) return true;
  return reduce(order_id, kAllShares);
}

bool OrderBook::replace(const BookEvent& event) {
  const auto found = orders_.find(event.order_id);
  if (found == orders_.end()) {
    ++unknown_orders_;
    return false;
  }
  const RestingOrder old = found->second;
  remove(event.order_id);
  if (CRASHWRIGHT_PLANTED("book_replace_keeps_the_price")) {
    return add(event.new_order_id, {old.price_ticks, event.shares, old.locate, old.side});
  }
  return add(event.new_order_id, {event.price_ticks, event.shares, old.locate, old.side});
}

void OrderBook::change_level(const RestingOrder& order, int64_t shares) {
  Instrument& changed = instrument(order.locate);
  const bool buying = order.side == 'B';
  std::vector<PriceLevel>& levels = buying ? changed.bids : changed.asks;
  const auto worse = [buying](const PriceLevel& level, uint32_t price_ticks) {
    return buying ? level.price_ticks < price_ticks : level.price_ticks > price_ticks;
  };
  auto level = std::lower_bound(levels.begin(), levels.end(), order.price_ticks, worse);
  if (level == levels.end() || level->price_ticks != order.price_ticks) {
    level = levels.insert(level, PriceLevel{order.price_ticks, 0});
  }
  level->shares += static_cast<uint64_t>(shares);
  if (level->shares == 0) levels.erase(level);
}

}  // namespace crashwright::mock_engine
