#include "verifiers/audit_diff.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/json_text.h"
#include "postmortem/audit_text.h"

namespace crashwright::verifiers {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

using OrderKey = std::pair<std::string, uint32_t>;  // enter, replace or cancel, and the order

std::string intent_kind(AuditRecordType type) {
  switch (type) {
    case AuditRecordType::kIntentEnter:
      return "enter";
    case AuditRecordType::kIntentReplace:
      return "replace";
    case AuditRecordType::kIntentCancel:
      return "cancel";
    default:
      return {};
  }
}

AuditRecordType type_of(const ExchangeEvent& event) {
  static const std::map<std::string, AuditRecordType> types = {
      {"accepted", AuditRecordType::kAccepted},  {"replaced", AuditRecordType::kReplaced},
      {"executed", AuditRecordType::kExecuted},  {"broken", AuditRecordType::kBrokenTrade},
      {"canceled", AuditRecordType::kCancelled}, {"rejected", AuditRecordType::kRejected},
  };
  const auto found = types.find(event.type);
  return found == types.end() ? AuditRecordType::kSessionEvent : found->second;
}

std::string describe(const ExchangeEvent& event) {
  const std::string side = event.side.empty() ? "" : " side " + event.side;
  const bool terms = event.quantity != 0 || event.price_ticks != 0;  // a cancel and a reject have none
  std::string what = event.symbol + side;
  if (terms) {
    what = std::to_string(event.quantity) + " " + what + " at " + postmortem::ticks_text(event.price_ticks);
  }
  return event.type + " of order " + std::to_string(event.user_ref) + (what.empty() ? "" : ", " + what);
}

bool from_exchange(const AuditRecord& record) {
  return record.session_sequence != 0 && record.type != AuditRecordType::kLogin;
}

// Which terms of an order a record must have in common with what the exchange says of it; symbol and side always.
struct Terms {
  bool quantity = false;
  bool price = false;
  bool original = false;
  bool leaves = false;
  bool order_id = false;
  bool match = false;
  bool reason = false;
};

Terms terms_of(AuditRecordType type) {
  switch (type) {
    case AuditRecordType::kIntentReplace:
      return {.quantity = true, .price = true, .original = true};
    case AuditRecordType::kIntentEnter:
      return {.quantity = true, .price = true};
    case AuditRecordType::kReplaced:
      return {.quantity = true, .price = true, .original = true, .leaves = true, .order_id = true};
    case AuditRecordType::kAccepted:
      return {.quantity = true, .price = true, .leaves = true, .order_id = true};
    case AuditRecordType::kExecuted:
      return {.quantity = true, .price = true, .leaves = true, .match = true};
    case AuditRecordType::kBrokenTrade:
      return {.quantity = true, .price = true, .match = true};  // of the shares left the two tell at different moments
    case AuditRecordType::kCancelled:
      // The shares that went and those that stay; the exchange also says at what limit they had stood.
      return {.quantity = true, .leaves = true, .reason = true};
    default:
      return {};
  }
}

// What only an answer of the exchange has.
std::string contradicted_answer(const AuditRecord& record, const ExchangeEvent& event, const Terms& terms) {
  if (terms.leaves && record.leaves != event.leaves) {
    return "the log says " + std::to_string(record.leaves) + " left, the exchange " + std::to_string(event.leaves);
  }
  if (terms.order_id && record.exchange_order_id != 0 && record.exchange_order_id != event.order_id) {
    return "the log says exchange order " + std::to_string(record.exchange_order_id) + ", the exchange " +
           std::to_string(event.order_id);
  }
  if (terms.match && record.match_id != event.match_id) {
    return "the log says match " + std::to_string(record.match_id) + ", the exchange " + std::to_string(event.match_id);
  }
  const std::string reason(1, static_cast<char>(record.reason));
  if (terms.reason && record.reason != 0 && reason != event.reason) {
    return "the log says reason " + json_text(reason) + ", the exchange " + json_text(event.reason);
  }
  return {};
}

// What a side does not say (an empty symbol or side) it does not contradict.
std::string contradicted_terms(const AuditRecord& record, const ExchangeEvent& event) {
  const Terms terms = terms_of(record.type);
  const auto says = [known = (record.flags & postmortem::kTermsUnknown) == 0](auto term) { return known || term != 0; };
  const std::string symbol(record.symbol.view());
  if (!symbol.empty() && !event.symbol.empty() && symbol != event.symbol) return "the log says " + symbol;
  if (record.side != 0 && !event.side.empty() && event.side != std::string(1, record.side)) {
    return std::string("the log says side ") + record.side;
  }
  if (terms.quantity && says(record.quantity) && record.quantity != event.quantity) {
    return "the log says " + std::to_string(record.quantity) + " shares";
  }
  if (terms.price && says(record.price_ticks) && record.price_ticks != event.price_ticks) {
    return "the log says " + postmortem::ticks_text(record.price_ticks);
  }
  if (terms.original && says(record.original_user_ref) && record.original_user_ref != event.original_user_ref) {
    return "the log says in place of order " + std::to_string(record.original_user_ref);
  }
  return contradicted_answer(record, event, terms);
}

// Why record and message do not tell the same; empty when they do.
std::string contradiction(const AuditRecord& record, const ExchangeEvent& event) {
  if (record.type == AuditRecordType::kReconciliationDifference) return {};  // the engine noticed by itself
  if (record.type != type_of(event)) return std::string("the log says ") + audit_record_type_name(record.type);
  if (record.type == AuditRecordType::kSessionEvent) return {};
  if (record.user_ref != event.user_ref) return "the log says order " + std::to_string(record.user_ref);
  return contradicted_terms(record, event);
}

void compare_orders(const std::vector<AuditRecord>& log, const std::vector<ExchangeEvent>& drop_copy,
                    AuditDifferences& differences) {
  std::multimap<OrderKey, const AuditRecord*> intended;
  for (const AuditRecord& record : log) {
    const std::string kind = intent_kind(record.type);
    if (!kind.empty()) intended.emplace(OrderKey(kind, record.user_ref), &record);
    // A rejected order does not say what it was.
    const bool may_be_replace =
        record.type == AuditRecordType::kIntentEnter && (record.flags & postmortem::kTermsUnknown) != 0;
    if (may_be_replace) intended.emplace(OrderKey("replace", record.user_ref), &record);
  }
  for (const ExchangeEvent& event : drop_copy) {
    if (event.kind != "in" || (event.type != "enter" && event.type != "replace" && event.type != "cancel")) continue;
    ++differences.orders_compared;
    std::string why = "the log has no intent for it";
    const auto [first, last] = intended.equal_range({event.type, event.user_ref});
    for (auto intent = first; intent != last && !why.empty(); ++intent) {
      why = contradicted_terms(*intent->second, event);
      const bool unknown = (intent->second->flags & postmortem::kTermsUnknown) != 0;
      differences.terms_unknown += why.empty() && unknown ? 1 : 0;
    }
    if (!why.empty()) differences.lines.push_back("the exchange saw " + describe(event) + ": " + why);
  }
}

void compare_messages(const std::vector<AuditRecord>& log, const std::vector<ExchangeEvent>& drop_copy,
                      AuditDifferences& differences) {
  std::map<uint64_t, const ExchangeEvent*> sent;
  for (const ExchangeEvent& event : drop_copy) {
    if (event.kind == "out") sent.emplace(event.session_sequence, &event);
  }
  std::set<uint64_t> known;
  uint64_t last = 0;
  for (const AuditRecord& record : log) {
    if (!from_exchange(record)) continue;
    const std::string where =
        "record " + std::to_string(record.sequence) + ", session " + std::to_string(record.session_sequence) + ": ";
    last = std::max(last, record.session_sequence);
    if (!known.insert(record.session_sequence).second) {
      differences.lines.push_back(where + "this message was applied before");
    }
    const auto event = sent.find(record.session_sequence);
    if (event == sent.end()) {
      differences.lines.push_back(where + "the exchange never sent this message");
      continue;
    }
    ++differences.messages_compared;
    const std::string why = contradiction(record, *event->second);
    if (!why.empty()) differences.lines.push_back(where + "the exchange sent " + describe(*event->second) + ", " + why);
  }
  for (const auto& [sequence, event] : sent) {
    if (sequence > last) ++differences.messages_behind;
    if (sequence > last || known.contains(sequence)) continue;
    differences.lines.push_back("session " + std::to_string(sequence) + ": the exchange sent " + describe(*event) +
                                ", the log has nothing of it");
  }
}

// The order and everything that replaces it or that it replaces.
std::set<uint32_t> chain_of(const std::vector<AuditRecord>& log, uint32_t user_ref) {
  std::set<uint32_t> chain{user_ref};
  for (size_t before = 0; before != chain.size();) {
    before = chain.size();
    for (const AuditRecord& record : log) {
      if (record.type != AuditRecordType::kIntentReplace && record.type != AuditRecordType::kReplaced) continue;
      if (!chain.contains(record.user_ref) && !chain.contains(record.original_user_ref)) continue;
      chain.insert(record.user_ref);
      chain.insert(record.original_user_ref);
    }
  }
  return chain;
}

// Shares left of each order in the chain, as the answers of the exchange leave them. A rejected replacement leaves its
// original as it was, and so does a message that was set aside.
class Leaves {
 public:
  void take(const AuditRecord& record) {
    switch (record.type) {
      case AuditRecordType::kReplaced:
        of_.erase(record.original_user_ref);
        of_[record.user_ref] = record.leaves;
        return;
      case AuditRecordType::kAccepted:
      case AuditRecordType::kExecuted:
      case AuditRecordType::kCancelled:
        of_[record.user_ref] = record.leaves;
        return;
      default:
        return;
    }
  }
  [[nodiscard]] uint64_t sum() const {
    uint64_t shares = 0;
    for (const auto& [user_ref, left] : of_) shares += left;
    return shares;
  }

 private:
  std::map<uint32_t, uint32_t> of_;
};

std::string summary(const std::vector<const AuditRecord*>& life) {
  int64_t filled = 0;
  int64_t cash_ticks = 0;
  Leaves leaves;
  const AuditRecord* last = nullptr;
  for (const AuditRecord* record : life) {
    if (from_exchange(*record) && record->type != AuditRecordType::kReconciliationDifference) last = record;
    leaves.take(*record);
    const bool broken = record->type == AuditRecordType::kBrokenTrade;
    if (!broken && record->type != AuditRecordType::kExecuted) continue;
    filled += (broken ? -1 : 1) * int64_t{record->quantity};
    cash_ticks += (broken ? -1 : 1) * int64_t{record->quantity} * record->price_ticks;
    last = record;
  }
  if (last == nullptr) return "in doubt: the log has no answer of the exchange\n";
  std::string text = "filled " + std::to_string(filled) + " shares";
  if (filled != 0) text += " at " + postmortem::ticks_text(cash_ticks / filled) + " on average";
  return text + ", " + std::to_string(leaves.sum()) + " left, last heard: " + audit_record_type_name(last->type) + "\n";
}

}  // namespace

AuditDifferences compare_with_drop_copy(const std::vector<AuditRecord>& log,
                                        const std::vector<ExchangeEvent>& drop_copy) {
  AuditDifferences differences;
  compare_messages(log, drop_copy, differences);
  compare_orders(log, drop_copy, differences);
  return differences;
}

std::string explain_order(const std::vector<AuditRecord>& log, uint32_t user_ref) {
  const std::set<uint32_t> chain = chain_of(log, user_ref);
  std::vector<const AuditRecord*> life;
  for (const AuditRecord& record : log) {
    if (record.user_ref != 0 && chain.contains(record.user_ref) && record.type != AuditRecordType::kSessionEvent) {
      life.push_back(&record);
    }
  }
  if (life.empty()) return {};
  std::string text;
  if (life.front()->feed_sequence != 0) {
    text += "caused by feed message " + std::to_string(life.front()->feed_sequence) + "\n";
  }
  for (const AuditRecord* record : life) {
    const uint64_t us = (record->wall_ns - std::min(record->wall_ns, life.front()->wall_ns)) / 1'000;
    const std::string after = "+" + std::to_string(us) + " us";
    text += std::string(12 - std::min<size_t>(after.size(), 12), ' ') + after +
            postmortem::audit_record_to_text(*record) + "\n";
  }
  return text + summary(life);
}

}  // namespace crashwright::verifiers
