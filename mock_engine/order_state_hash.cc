#include "mock_engine/order_state_hash.h"

#include <cstring>

namespace crashwright::mock_engine {
namespace {

__extension__ using Product = unsigned __int128;

// Odd, with about as many ones as zeros: digits of the golden ratio, e, pi and the square root of 2.
constexpr uint64_t kLeft = 0x9e3779b97f4a7c15U;
constexpr uint64_t kRight = 0xb7e151628aed2a6bU;
constexpr uint64_t kSeed = 0x243f6a8885a308d3U;
constexpr uint64_t kLast = 0x6a09e667f3bcc909U;

// What kind of part it is, so that an order and a position of the same figures are not the same.
enum class Part : uint64_t { kOrder = 1, kPosition, kPending, kExecution, kAdopted, kHistory, kState };

uint64_t multiplied(uint64_t left, uint64_t right) {
  const Product product = static_cast<Product>(left) * right;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

constexpr uint64_t kAllBytes = ~uint64_t{0};

// A mask of the bytes in front of the first zero byte, in the order of memory.
uint64_t bytes_before_zero(uint64_t word) {
  const uint64_t zeros = (word - 0x0101010101010101U) & ~word & 0x8080808080808080U;  // from its first one on
  return zeros == 0 ? kAllBytes : ((zeros & (~zeros + 1)) >> 7) - 1;
}

// Two words a step, by a full multiplication.
class Hash {
 public:
  explicit Hash(Part part) : value_(kSeed ^ static_cast<uint64_t>(part)) {}

  Hash& put(uint64_t left, uint64_t right) {
    value_ = multiplied(value_ ^ left ^ kLeft, right ^ kRight) + (left << 32 | left >> 32) + right;
    return *this;
  }
  Hash& put(int64_t left, uint64_t right) { return put(static_cast<uint64_t>(left), right); }
  // Without what stands behind its end, and without a call: most records have two or three of them.
  template <size_t Capacity>
  Hash& put(const BoundedString<Capacity>& text) {
    static_assert(Capacity > sizeof(uint64_t) && Capacity <= 2 * sizeof(uint64_t));
    uint64_t words[2] = {};
    std::memcpy(words, text.bytes, Capacity);
    const uint64_t kept = bytes_before_zero(words[0]);
    return kept == kAllBytes ? put(words[0], words[1] & bytes_before_zero(words[1])) : put(words[0] & kept, 0);
  }
  [[nodiscard]] uint64_t get() const { return multiplied(value_ ^ kLast, kLeft); }

 private:
  uint64_t value_;
};

uint64_t both(uint32_t high, uint32_t low) { return uint64_t{high} << 32 | low; }

uint64_t letter(char value) { return static_cast<unsigned char>(value); }

}  // namespace

uint64_t hash_of_order(uint32_t user_ref, const WorkingOrder& order) {
  const uint64_t kind = letter(order.side) << 8 | static_cast<uint64_t>(order.phase);
  return Hash(Part::kOrder)
      .put(both(user_ref, order.quantity), both(order.leaves, static_cast<uint32_t>(kind)))
      .put(order.price_ticks, 0)
      .put(order.symbol)
      .get();
}

uint64_t hash_of_position(std::string_view symbol, int64_t shares) {
  BoundedString<10> name;
  name.assign(symbol);
  return Hash(Part::kPosition).put(name).put(shares, 0).get();
}

uint64_t hash_of_pending(const PendingIntent& intent) {
  return Hash(Part::kPending)
      .put(both(intent.user_ref, intent.original_user_ref), static_cast<uint64_t>(intent.type))
      .get();
}

uint64_t hash_of_execution(const Execution& execution) {
  return Hash(Part::kExecution)
      .put(execution.match_id, both(execution.quantity, static_cast<uint32_t>(letter(execution.side))))
      .put(execution.price_ticks, 0)
      .put(execution.symbol)
      .get();
}

uint64_t hash_of_adopted(uint32_t user_ref) { return Hash(Part::kAdopted).put(uint64_t{user_ref}, 0).get(); }

uint64_t history_after(uint64_t history, const postmortem::AuditRecord& record) {
  const uint64_t kind = static_cast<uint64_t>(record.type) << 32 | letter(record.side) << 24 |
                        uint64_t{record.flags} << 16 | letter(record.time_in_force) << 8 | record.reason;
  return Hash(Part::kHistory)
      .put(history, kind)
      .put(record.session_sequence, record.feed_sequence)
      .put(record.exchange_order_id, record.match_id)
      .put(record.price_ticks, static_cast<uint64_t>(record.position_after))
      .put(record.cash_after_ticks, both(record.user_ref, record.original_user_ref))
      .put(both(record.quantity, record.leaves), both(record.account, record.algorithm))
      .put(record.symbol)
      .get();
}

uint64_t sum_of_parts(const OrderState& state) {
  uint64_t sum = 0;
  for (const auto& [user_ref, order] : state.orders) sum += hash_of_order(user_ref, order);
  for (const auto& [symbol, shares] : state.positions) sum += hash_of_position(symbol, shares);
  for (const PendingIntent& intent : state.pending) sum += hash_of_pending(intent);
  for (const Execution& execution : state.executions) sum += hash_of_execution(execution);
  for (const uint32_t user_ref : state.adopted) sum += hash_of_adopted(user_ref);
  return sum;
}

uint64_t hash_of_state(const OrderNumbers& numbers, uint64_t parts) {
  const uint64_t hash = Hash(Part::kState)
                            .put(numbers.history, parts)
                            .put(numbers.feed_sequence, numbers.next_session_sequence)
                            .put(numbers.session_first, numbers.decisions)
                            .put(numbers.risk_blocks, numbers.entered)
                            .put(numbers.replaced, numbers.cancelled)
                            .put(numbers.cash_ticks, both(numbers.next_user_ref, numbers.kill_switch ? 1 : 0))
                            .put(numbers.configuration_hash, 0)
                            .put(numbers.exchange_session)
                            .get();
  return hash == 0 ? kLast : hash;
}

}  // namespace crashwright::mock_engine
