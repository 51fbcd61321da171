#include "mock_engine/order_state_json.h"

#include <set>
#include <string_view>

#include "base/json_text.h"

namespace crashwright::mock_engine {
namespace {

// Writes objects and lists with the commas in the right places. Keys come in sorted order from the callers.
class JsonWriter {
 public:
  void open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    first_ = true;  // the value follows without a comma
  }
  void number(int64_t value) { raw(std::to_string(value)); }
  void number(uint64_t value) { raw(std::to_string(value)); }
  void number(uint32_t value) { number(uint64_t{value}); }
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void string(std::string_view value) {
    separate();
    quote(value);
  }
  template <typename Integer>
  void member(std::string_view name, Integer value) {
    key(name);
    number(value);
  }
  std::string take() { return std::move(text_) + "\n"; }

 private:
  void separate() {
    if (!first_) text_ += ',';
    first_ = false;
  }
  void raw(std::string_view value) {
    separate();
    text_ += value;
  }
  void quote(std::string_view value) {
    text_ += '"';
    append_json_text(text_, value);
    text_ += '"';
  }

  std::string text_;
  bool first_ = true;
};

void put_open_orders(JsonWriter& json, const OrderState& state) {
  json.key("open_orders");
  json.open('[');
  for (const auto& [user_ref, order] : state.orders) {
    if (order.phase != OrderPhase::kOpen) continue;
    json.open('{');
    json.member("leaves", order.leaves);
    json.member("price_ticks", order.price_ticks);
    json.key("side");
    json.string(std::string_view(&order.side, 1));
    json.key("symbol");
    json.string(order.symbol.view());
    json.member("user_ref", user_ref);
    json.close('}');
  }
  json.close(']');
}

void put_positions(JsonWriter& json, const OrderState& state) {
  json.key("positions");
  json.open('{');
  for (const auto& [symbol, shares] : state.positions) json.member(symbol, shares);
  json.close('}');
}

void put_in_doubt(JsonWriter& json, const OrderState& state) {
  json.key("in_doubt");
  json.open('[');
  std::set<uint32_t> told;  // of an order that is entered and cancelled at once two intents may be unanswered
  for (const PendingIntent& intent : state.pending) {
    if (intent.type == postmortem::AuditRecordType::kKillSwitch || !told.insert(intent.user_ref).second) continue;
    json.number(intent.user_ref);
  }
  json.close(']');
}

void put_kill_switch(JsonWriter& json, const OrderState& state) {
  json.key("kill_switch");
  json.boolean(state.kill_switch);
}

}  // namespace

std::string final_state_json(const OrderState& state, uint64_t feed_sequence) {
  JsonWriter json;
  json.open('{');
  json.member("cash_ticks", state.cash_ticks);
  json.member("decisions", state.decisions);
  json.member("feed_sequence", feed_sequence);
  put_kill_switch(json, state);
  put_open_orders(json, state);
  json.key("orders");
  json.open('{');
  json.member("cancelled", state.cancelled);
  json.member("entered", state.entered);
  json.member("replaced", state.replaced);
  json.close('}');
  put_positions(json, state);
  json.close('}');
  return json.take();
}

std::string recovered_state_json(const OrderState& state) {
  JsonWriter json;
  json.open('{');
  json.member("audit_sequence", state.audit_sequence);
  json.member("cash_ticks", state.cash_ticks);
  json.member("decisions", state.decisions);
  json.key("exchange_session");
  json.string(state.exchange_session.view());
  json.member("feed_sequence", state.feed_sequence);
  put_in_doubt(json, state);
  put_kill_switch(json, state);
  json.member("next_session_sequence", state.next_session_sequence);
  json.member("next_user_ref", state.next_user_ref);
  put_open_orders(json, state);
  put_positions(json, state);
  json.close('}');
  return json.take();
}

}  // namespace crashwright::mock_engine
