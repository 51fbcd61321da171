#include "mock_engine/order_state_snapshot.h"

#include <cstring>
#include <type_traits>

#include "base/checksum.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecordType;

constexpr uint32_t kMagic = 0x534f5743U;  // "CWOS"
constexpr uint16_t kVersion = 4;
constexpr size_t kHeaderBytes = 16;

class Writer {
 public:
  template <typename T>
  void put(T value) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    const auto* begin = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), begin, begin + sizeof value);
  }
  template <size_t Capacity>
  void put(const BoundedString<Capacity>& text) {
    BoundedString<Capacity> padded;  // whatever stands behind the terminator stays out
    padded.assign(text.view());
    const auto* begin = reinterpret_cast<const std::byte*>(padded.bytes);
    bytes.insert(bytes.end(), begin, begin + Capacity);
  }
  std::vector<std::byte> bytes;
};

// After the first read beyond the end everything reads as zero and `good` is false.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <typename T>
  void get(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    good = good && rest_.size() >= sizeof value;
    if (!good) {
      std::memset(&value, 0, sizeof value);
      return;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_ = rest_.subspan(sizeof value);
  }
  template <size_t Capacity>
  void get(BoundedString<Capacity>& text) {
    get(text.bytes);
    good = good && text.bytes[Capacity - 1] == '\0';
  }
  void expect(bool condition) { good = good && condition; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool good = true;

 private:
  std::span<const std::byte> rest_;
};

void put_numbers(Writer& out, const OrderState& state) {
  for (const uint64_t number :
       {state.audit_sequence, state.feed_sequence, state.next_session_sequence, state.session_first, state.history,
        state.decisions, state.risk_blocks, state.entered, state.replaced, state.cancelled}) {
    out.put(number);
  }
  out.put(state.cash_ticks);
  out.put(state.next_user_ref);
  out.put(static_cast<uint8_t>(state.kill_switch ? 1 : 0));
  out.put(state.configuration_hash);
  out.put(state.exchange_session);
}

void get_numbers(Reader& in, OrderState& state) {
  for (uint64_t* const number :
       {&state.audit_sequence, &state.feed_sequence, &state.next_session_sequence, &state.session_first, &state.history,
        &state.decisions, &state.risk_blocks, &state.entered, &state.replaced, &state.cancelled}) {
    in.get(*number);
  }
  in.get(state.cash_ticks);
  in.get(state.next_user_ref);
  uint8_t kill_switch = 0;
  in.get(kill_switch);
  in.expect(kill_switch <= 1);
  state.kill_switch = kill_switch == 1;
  in.get(state.configuration_hash);
  in.get(state.exchange_session);
}

bool is_side(char side) { return side == 'B' || side == 'S'; }

void get_order(Reader& in, OrderState& state) {
  uint32_t user_ref = 0;
  WorkingOrder order;
  uint8_t phase = 0;
  in.get(user_ref);
  in.get(order.symbol);
  in.get(order.side);
  in.get(phase);
  in.expect(phase <= static_cast<uint8_t>(OrderPhase::kOpen));
  // Of an order that was adopted from the exchange, the terms are unknown until it is known to be accepted.
  const bool terms_unknown = order.side == '\0' && phase == static_cast<uint8_t>(OrderPhase::kPending);
  in.expect(terms_unknown || is_side(order.side));
  order.phase = static_cast<OrderPhase>(phase);
  in.get(order.quantity);
  in.get(order.leaves);
  in.get(order.price_ticks);
  in.expect(state.orders.emplace(user_ref, order).second);
}

void get_position(Reader& in, OrderState& state) {
  BoundedString<10> symbol{};
  int64_t shares = 0;
  in.get(symbol);
  in.get(shares);
  in.expect(shares != 0 && state.positions.emplace(symbol.view(), shares).second);
}

void get_pending(Reader& in, OrderState& state) {
  PendingIntent intent;
  uint16_t type = 0;
  in.get(intent.audit_sequence);
  in.expect(intent.audit_sequence <= state.audit_sequence);
  in.get(type);
  intent.type = static_cast<AuditRecordType>(type);
  in.expect(intent.type == AuditRecordType::kIntentEnter || intent.type == AuditRecordType::kIntentReplace ||
            intent.type == AuditRecordType::kIntentCancel || intent.type == AuditRecordType::kKillSwitch);
  in.get(intent.user_ref);
  in.get(intent.original_user_ref);
  state.pending.push_back(intent);
}

void get_execution(Reader& in, OrderState& state) {
  Execution execution;
  in.get(execution.match_id);
  in.get(execution.price_ticks);
  in.get(execution.quantity);
  in.get(execution.side);
  in.expect(is_side(execution.side));
  in.get(execution.symbol);
  state.executions.push_back(execution);
}

void get_adopted(Reader& in, OrderState& state) {
  uint32_t user_ref = 0;
  in.get(user_ref);
  in.expect(state.adopted.insert(user_ref).second);
}

// The count comes from the input: the loop ends with the bytes, whatever the count says.
template <typename GetOne>
void get_list(Reader& in, OrderState& state, GetOne get_one) {
  uint32_t count = 0;
  in.get(count);
  for (uint32_t i = 0; i < count && in.good; ++i) get_one(in, state);
}

#if defined(CRASHWRIGHT_PLANTED_BUGS)
// Bugs for `crashwright prove`: a part of the state that a checkpoint leaves out.
OrderState falsified(const OrderState& whole) {
  OrderState state = whole;
  if (CRASHWRIGHT_PLANTED("snapshot_without_cash")) state.cash_ticks = 0;
  if (CRASHWRIGHT_PLANTED("snapshot_without_positions")) state.positions.clear();
  if (CRASHWRIGHT_PLANTED("snapshot_without_open_orders")) state.orders.clear();
  if (CRASHWRIGHT_PLANTED("snapshot_claims_one_record_more")) ++state.audit_sequence;
  return state;
}
#endif

}  // namespace

std::vector<std::byte> encode_order_state(const OrderState& whole) {
#if defined(CRASHWRIGHT_PLANTED_BUGS)
  const OrderState state = falsified(whole);
#else
  const OrderState& state = whole;
#endif
  Writer body;
  put_numbers(body, state);
  body.put(static_cast<uint32_t>(state.orders.size()));
  for (const auto& [user_ref, order] : state.orders) {
    body.put(user_ref);
    body.put(order.symbol);
    body.put(order.side);
    body.put(order.phase);
    body.put(order.quantity);
    body.put(order.leaves);
    body.put(order.price_ticks);
  }
  body.put(static_cast<uint32_t>(state.positions.size()));
  for (const auto& [symbol, shares] : state.positions) {
    BoundedString<10> name{};
    name.assign(symbol);
    body.put(name);
    body.put(shares);
  }
  body.put(static_cast<uint32_t>(state.pending.size()));
  for (const PendingIntent& intent : state.pending) {
    body.put(intent.audit_sequence);
    body.put(intent.type);
    body.put(intent.user_ref);
    body.put(intent.original_user_ref);
  }
  body.put(static_cast<uint32_t>(state.executions.size()));
  for (const Execution& execution : state.executions) {
    body.put(execution.match_id);
    body.put(execution.price_ticks);
    body.put(execution.quantity);
    body.put(execution.side);
    body.put(execution.symbol);
  }
  body.put(static_cast<uint32_t>(state.adopted.size()));
  for (const uint32_t user_ref : state.adopted) body.put(user_ref);
  Writer out;
  out.put(kMagic);
  out.put(kVersion);
  out.put(uint16_t{0});
  out.put(static_cast<uint32_t>(body.bytes.size()));
  out.put(crc32c(body.bytes.data(), body.bytes.size()));
  out.bytes.insert(out.bytes.end(), body.bytes.begin(), body.bytes.end());
  return std::move(out.bytes);
}

Result<OrderState> decode_order_state(std::span<const std::byte> bytes) {
  Reader header(bytes);
  uint32_t magic = 0;
  uint16_t version = 0;
  uint16_t zero = 0;
  uint32_t body_bytes = 0;
  uint32_t checksum = 0;
  header.get(magic);
  header.get(version);
  header.get(zero);
  header.get(body_bytes);
  header.get(checksum);
  if (!header.good || magic != kMagic) return fail(ErrorKind::kCorrupt, "state snapshot: no header");
  if (version != kVersion || zero != 0) {
    return fail(ErrorKind::kCorrupt, "state snapshot: version " + std::to_string(version) +
                                         ", this program speaks version " + std::to_string(kVersion));
  }
  const auto body = bytes.subspan(kHeaderBytes);
  if (body.size() != body_bytes) {
    return fail(ErrorKind::kCorrupt, "state snapshot: " + std::to_string(body.size()) + " bytes of " +
                                         std::to_string(body_bytes) + " are there");
  }
  if (crc32c(body.data(), body.size()) != checksum) return fail(ErrorKind::kCorrupt, "state snapshot: wrong checksum");
  Reader in(body);
  OrderState state;
  get_numbers(in, state);
  get_list(in, state, get_order);
  get_list(in, state, get_position);
  get_list(in, state, get_pending);
  get_list(in, state, get_execution);
  get_list(in, state, get_adopted);
  if (!in.good || !in.at_end()) return fail(ErrorKind::kCorrupt, "state snapshot: the content does not fit its format");
  return state;
}

}  // namespace crashwright::mock_engine
