// A random but seeded life of an order state for tests: intents, answers, fills, breaks, as records of a log.
//
// Threads: one owner. Errors: none. Signal context: no. Tests only.
#pragma once

#include <vector>

#include "base/random.h"
#include "mock_engine/order_state_machine.h"

namespace crashwright::mock_engine {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

class RandomLife {
 public:
  explicit RandomLife(uint64_t seed) : random_(seed) {}

  void put(AuditRecord record) {
    live.advance(record);
    record.sequence = log.size() + 1;
    log.push_back(record);
    live.apply(record);
  }
  static AuditRecord event(AuditRecordType type, uint32_t user_ref, uint32_t quantity = 0, int64_t price_ticks = 0) {
    AuditRecord record{};
    record.type = type;
    record.user_ref = user_ref;
    record.quantity = quantity;
    record.price_ticks = price_ticks;
    return record;
  }
  AuditRecord from_exchange(AuditRecord record) {
    record.session_sequence = next_session_++;
    return record;
  }
  void enter(uint32_t quantity = 300) {
    AuditRecord record = event(AuditRecordType::kIntentEnter, next_ref_++, quantity, 10'000);
    fill_order(record);
    record.feed_sequence = log.size() + 7;
    put(record);
  }
  void replace(uint32_t original) {
    AuditRecord record = event(AuditRecordType::kIntentReplace, next_ref_++, 200, 10'100);
    record.original_user_ref = original;
    fill_order(record);
    put(record);
  }
  void cancel(uint32_t user_ref) { put(event(AuditRecordType::kIntentCancel, user_ref)); }
  void accept(uint32_t user_ref) {
    const WorkingOrder order = live.state().orders.at(user_ref);
    AuditRecord record = event(AuditRecordType::kAccepted, user_ref, order.quantity, order.price_ticks);
    record.leaves = order.quantity;
    record.symbol = order.symbol;
    record.side = order.side;
    put(from_exchange(record));
  }
  void execute(uint32_t user_ref, uint32_t quantity, int64_t price_ticks = 10'000) {
    AuditRecord record = event(AuditRecordType::kExecuted, user_ref, quantity, price_ticks);
    record.match_id = next_match_++;
    put(from_exchange(record));
  }
  void answer_query(uint32_t next_user_ref) {
    AuditRecord record = event(AuditRecordType::kSessionEvent, next_user_ref);
    record.reason = 'Q';
    put(from_exchange(record));
  }
  [[nodiscard]] uint32_t last_ref() const { return next_ref_ - 1; }
  [[nodiscard]] uint64_t last_match() const { return next_match_ - 1; }

  // One random thing that can happen now.
  void step() {
    const auto& orders = live.state().orders;
    const uint64_t roll = random_.below(10);
    if (orders.empty() || roll < 3) return enter(100 * static_cast<uint32_t>(1 + random_.below(5)));
    auto chosen = orders.begin();
    std::advance(chosen, random_.below(orders.size()));
    const auto [user_ref, order] = *chosen;
    if (order.phase == OrderPhase::kPending) {
      if (roll == 3) return put(from_exchange(event(AuditRecordType::kRejected, user_ref)));
      if (is_replace(user_ref)) return answer_query(next_ref_);
      return accept(user_ref);
    }
    if (roll < 6) return execute(user_ref, 1 + static_cast<uint32_t>(random_.below(order.leaves)));
    if (roll == 6) return cancel(user_ref);
    if (roll == 7) return replace(user_ref);
    if (roll == 8) return put(from_exchange(event(AuditRecordType::kCancelled, user_ref, order.leaves)));
    if (live.state().executions.empty()) return;
    AuditRecord broken = event(AuditRecordType::kBrokenTrade, user_ref);
    broken.match_id = live.state().executions.back().match_id;
    put(from_exchange(broken));
  }

  OrderStateMachine live;
  std::vector<AuditRecord> log;

 private:
  void fill_order(AuditRecord& record) {
    static constexpr const char* kSymbols[] = {"AAPL", "MSFT", "TSLA"};
    record.symbol.assign(kSymbols[random_.below(3)]);
    record.side = random_.below(2) == 0 ? 'B' : 'S';
  }
  [[nodiscard]] bool is_replace(uint32_t user_ref) const {
    for (const PendingIntent& intent : live.state().pending) {
      if (intent.user_ref == user_ref && intent.type == AuditRecordType::kIntentReplace) return true;
    }
    return false;
  }

  Random random_;
  uint32_t next_ref_ = 1;
  uint64_t next_session_ = 1;
  uint64_t next_match_ = 1;
};

inline OrderState fold(const std::vector<AuditRecord>& log, size_t from = 0, OrderState start = {}) {
  OrderStateMachine machine(std::move(start));
  for (size_t i = from; i < log.size(); ++i) machine.replay(log[i]);
  return machine.state();
}

}  // namespace crashwright::mock_engine
