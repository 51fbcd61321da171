// The order state with the hash of all of it, kept up to date with what changes.
//
// Every part of the state that may be many (orders, positions, unanswered intents, executions, adopted orders) is
// changed here and nowhere else, so that the sum of their hashes (order_state_hash.h) follows; the numbers are hashed
// anew each time.
// Threads: one owner. Signal context: no. Errors: none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "mock_engine/order_state_hash.h"

namespace crashwright::mock_engine {

class HashedState {
 public:
  HashedState() = default;
  explicit HashedState(OrderState state) : state_(std::move(state)), parts_(sum_of_parts(state_)) {}

  [[nodiscard]] const OrderState& get() const { return state_; }
  [[nodiscard]] uint64_t hash() const { return hash_of_state(state_, parts_); }
  // No list is among them.
  [[nodiscard]] OrderNumbers& numbers() { return state_; }

  // In place of the one of that number, if there is one.
  void put_order(uint32_t user_ref, const WorkingOrder& order);
  void erase_order(uint32_t user_ref);
  // Flat positions are left out.
  void put_position(std::string_view symbol, int64_t shares);
  void push_pending(const PendingIntent& intent);
  // Where the newest intent stands in the log, which is known only behind its append().
  void place_pending(uint64_t audit_sequence);
  template <typename Predicate>
  void erase_pending_if(Predicate is_done) {
    std::erase_if(state_.pending, [&](const PendingIntent& intent) {
      const bool done = is_done(intent);
      if (done) parts_ -= hash_of_pending(intent);
      return done;
    });
  }
  // All up to that one and the one itself.
  void erase_pending_up_to(std::deque<PendingIntent>::const_iterator last);
  // The oldest one is forgotten when there are more than kExecutionsKept.
  void push_execution(const Execution& execution);
  void erase_execution(uint64_t match_id);
  void adopt(uint32_t user_ref);
  void unadopt(uint32_t user_ref);

 private:
  OrderState state_;
  uint64_t parts_ = 0;
};

}  // namespace crashwright::mock_engine
