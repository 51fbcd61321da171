#include "mock_engine/strategy.h"

#include "base/check.h"
#include "base/random.h"
#include "postmortem/fault_point.h"

namespace crashwright::mock_engine {
namespace {

constexpr uint32_t kUpdatesMin = 32;
constexpr uint32_t kUpdatesSpread = 32;
constexpr size_t kOrdersMax = 4;      // believed resting orders per instrument
constexpr int64_t kLeanShares = 800;  // beyond this exposure the strategy trades against it
constexpr uint32_t kLotShares = 100;
constexpr uint64_t kLotsMax = 5;

uint32_t lots(uint64_t roll) { return kLotShares * static_cast<uint32_t>(1 + (roll >> 16) % kLotsMax); }

// Takes the other side's price in one of two cases, joins its own side otherwise.
uint32_t price_for(char side, const TopOfBook& top, uint64_t roll) {
  const bool take = (roll >> 8) % 2 == 0;
  return (side == 'B') == take ? top.ask.price_ticks : top.bid.price_ticks;
}

}  // namespace

__attribute__((noinline)) std::optional<Decision> Strategy::on_book_update(const BookEvent& event,
                                                                           const OrderBook& book) {
  Instrument& state = instrument(event.locate);
  if (state.updates_to_wait > 0) {
    --state.updates_to_wait;
    return std::nullopt;
  }
  const TopOfBook top = book.top(event.locate);
  const std::string& symbol = book.symbol(event.locate);
  if (top.bid.shares == 0 || top.ask.shares == 0 || symbol.empty()) return std::nullopt;
  CRASHWRIGHT_FAULT_POINT("strategy.decide");
  const uint64_t roll = Random((uint64_t{event.locate} << 32) + ++state.evaluations).next();
  state.updates_to_wait = kUpdatesMin + static_cast<uint32_t>((roll >> 40) % kUpdatesSpread) - 1;

  Decision decision;
  decision.locate = event.locate;
  decision.feed_sequence = event.sequence;
  decision.feed_time_ns = event.time_ns;
  decision.symbol.assign(symbol);
  if (state.orders.size() >= kOrdersMax || (!state.orders.empty() && roll % 8 == 1)) {
    cancel(decision, state);
  } else if (!state.orders.empty() && roll % 4 == 0) {
    replace(decision, state, top, roll);
  } else {
    enter(decision, state, top, roll);
  }
  return decision;
}

void Strategy::commit(const Decision& decision) {
  Instrument& state = instrument(decision.locate);
  const int64_t direction = decision.side == 'B' ? 1 : -1;
  if (decision.kind == DecisionKind::kCancel) {
    state.orders.pop_front();
    return;
  }
  CRASHWRIGHT_CHECK(decision.user_ref == next_user_ref_, "decisions are committed in order, one at a time");
  ++next_user_ref_;
  if (decision.kind == DecisionKind::kReplace) {
    state.exposure -= direction * state.orders.back().quantity;
    state.orders.pop_back();
  }
  state.exposure += direction * decision.quantity;
  state.orders.push_back({decision.user_ref, decision.quantity, decision.side});
}

Strategy::Instrument& Strategy::instrument(uint16_t locate) {
  if (locate >= instruments_.size()) instruments_.resize(static_cast<size_t>(locate) + 1);
  return instruments_[locate];
}

void Strategy::enter(Decision& decision, const Instrument& state, const TopOfBook& top, uint64_t roll) const {
  decision.kind = DecisionKind::kEnter;
  decision.user_ref = next_user_ref_;
  decision.side = top.bid.shares > top.ask.shares ? 'B' : 'S';
  if (state.exposure > kLeanShares) decision.side = 'S';
  if (state.exposure < -kLeanShares) decision.side = 'B';
  decision.quantity = lots(roll);
  decision.price_ticks = price_for(decision.side, top, roll);
}

void Strategy::replace(Decision& decision, const Instrument& state, const TopOfBook& top, uint64_t roll) const {
  const BelievedOrder& newest = state.orders.back();
  decision.kind = DecisionKind::kReplace;
  decision.user_ref = next_user_ref_;
  decision.original_user_ref = newest.user_ref;
  decision.side = newest.side;
  decision.quantity = lots(roll);
  decision.price_ticks = price_for(newest.side, top, roll);
}

void Strategy::cancel(Decision& decision, const Instrument& state) {
  const BelievedOrder& oldest = state.orders.front();
  decision.kind = DecisionKind::kCancel;
  decision.user_ref = oldest.user_ref;
  decision.side = oldest.side;
}

}  // namespace crashwright::mock_engine
