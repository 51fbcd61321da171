#include "harness/storage/explore/session_promises.h"

#include <algorithm>
#include <map>

namespace crashwright::harness {
namespace {

constexpr const char* kOrderReceived = "order_received";

std::vector<WitnessedToken> orders_received(const std::vector<verifiers::ExchangeEvent>& events) {
  std::vector<WitnessedToken> orders;
  for (const verifiers::ExchangeEvent& event : events) {
    if (event.kind != "in" || (event.type != "enter" && event.type != "replace")) continue;
    orders.push_back({kOrderReceived, event.user_ref, event.monotonic_ns});
  }
  return orders;
}

std::string numbers(uint64_t promised, const char* verb, uint64_t found) {
  return std::to_string(promised) + verb + std::to_string(found);
}

}  // namespace

SessionPromises::SessionPromises(Recording& recording, std::vector<verifiers::ExchangeEvent> drop_copy)
    : drop_copy_(std::move(drop_copy)) {
  add_witnessed(orders_received(drop_copy_), recording);
  Promised now;
  after_.push_back(now);
  for (size_t i = 0; i < recording.tokens.size(); ++i) {
    const uint64_t counter = recording.counters[i];
    const std::string& token = recording.tokens[i];
    if (token == "audit_durable") now.audit_durable = std::max(now.audit_durable, counter);
    if (token == "last_sent_sequence") now.last_sent = std::max(now.last_sent, counter);
    if (token == kOrderReceived) now.order_received = std::max(now.order_received, counter);
    after_.push_back(now);
  }
}

std::string SessionPromises::broken(const verifiers::EngineState& recovered, uint32_t acked) const {
  const Promised promised = after(acked);
  if (recovered.audit_sequence < promised.audit_durable) {
    return "acknowledged and lost: audit sequence " +
           numbers(promised.audit_durable, " counted as durable, recovery knows ", recovered.audit_sequence);
  }
  if (recovered.audit_sequence < promised.last_sent) {
    return "sent and lost: the intent of audit sequence " +
           numbers(promised.last_sent, " had been sent, recovery knows ", recovered.audit_sequence);
  }
  if (promised.order_received > 0 && recovered.next_user_ref <= promised.order_received) {
    return "sent and lost: the exchange has order " +
           numbers(promised.order_received, ", recovery's next order number is ", recovered.next_user_ref);
  }
  return against_exchange(recovered);
}

// As verifiers/state_recovery.cc does it after a death: what a client must believe that has applied these messages.
std::string SessionPromises::against_exchange(const verifiers::EngineState& recovered) const {
  const verifiers::DropCopyFold told = verifiers::fold_drop_copy(drop_copy_, recovered.next_session_sequence);
  const std::string upto = ", the exchange had told ";
  if (recovered.positions != told.positions) {
    return "recovered positions " + verifiers::describe_positions(recovered.positions) + upto +
           verifiers::describe_positions(told.positions);
  }
  if (recovered.cash_ticks != told.cash_ticks) {
    return "recovered cash " + std::to_string(recovered.cash_ticks) + " ticks" + upto + std::to_string(told.cash_ticks);
  }
  std::map<uint32_t, int64_t> open;
  for (const verifiers::EngineOpenOrder& order : recovered.open_orders) open[order.user_ref] = order.leaves;
  if (open != told.open_leaves) {
    return "recovered " + std::to_string(open.size()) + " open orders" + upto + "of " +
           std::to_string(told.open_leaves.size()) + ", or of other shares";
  }
  return {};
}

}  // namespace crashwright::harness
