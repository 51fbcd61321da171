// Promise: each order that the exchange saw is in the audit log, in order, once, with the terms that it was sent with
// (a session that sends before it logs owes that only once it has recovered: what a death left may lack what was sent
// last; and without a drop copy it may say which terms it does not know); the log of an engine that finished does not
// differ from the drop copy in anything; the sequence has no gap; each record has its time; a torn tail is dropped,
// kept and said; damage before the tail is refused and never skipped; replay(from) returns exactly the suffix.
// Witness: the orders that the exchange saw arrive, and what it answered.
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "postmortem/audit_log.h"
#include "verifiers/audit_diff.h"
#include "verifiers/deaths.h"
#include "verifiers/drop_copy.h"
#include "verifiers/promises.h"
#include "verifiers/torn_tail.h"

namespace crashwright::verifiers {
namespace {

using postmortem::AuditReadout;
using postmortem::AuditRecord;
using postmortem::AuditRecordType;

constexpr int kExitRefusedDamage = 3;

bool is_order(const std::string& type) { return type == "enter" || type == "replace" || type == "cancel"; }

bool knows_terms(const AuditRecord& record) { return (record.flags & postmortem::kTermsUnknown) == 0; }

bool matches(const ExchangeEvent& order, const AuditRecord& record) {
  if (record.user_ref != order.user_ref) return false;
  // Taken over from the exchange's answer, which may not even say what it was; its terms are compared with the rest.
  const bool order_itself =
      record.type == AuditRecordType::kIntentEnter || record.type == AuditRecordType::kIntentReplace;
  if (!knows_terms(record) && order_itself) return order.type != "cancel";
  if (order.type == "enter") {
    return record.type == AuditRecordType::kIntentEnter && record.quantity == order.quantity &&
           record.price_ticks == order.price_ticks && record.symbol.view() == order.symbol;
  }
  if (order.type == "replace") {
    return record.type == AuditRecordType::kIntentReplace && record.quantity == order.quantity &&
           record.price_ticks == order.price_ticks;
  }
  return record.type == AuditRecordType::kIntentCancel;
}

// Where in the log `order` stands, from `position` on; the log's size when it does not.
size_t find_intent(const ExchangeEvent& order, const AuditReadout& log, size_t position) {
  while (position < log.records.size() && !matches(order, log.records[position])) ++position;
  return position;
}

// What a session promises about orders and its log.
struct Order {
  bool logged_first = true;         // each intent stands in the log before the order arrives, in the order of arrival
  bool last_ones_may_lack = false;  // of a log that a death left, in a session that sends first
};

// Every order in the drop copy up to `until_ns` finds its intent. Where the last ones may have none, nothing but they.
void compare_with_arrivals(const std::vector<ExchangeEvent>& events, const AuditReadout& log, uint64_t until_ns,
                           const Order& order_of, const std::string& where, Findings& findings) {
  size_t position = 0;
  uint32_t last_entered = 0;
  const ExchangeEvent* lacking = nullptr;
  for (const ExchangeEvent& order : events) {
    if (order.kind != "in" || !is_order(order.type) || order.monotonic_ns > until_ns) continue;
    if (order.type != "cancel" && order.user_ref <= last_entered) continue;  // a retransmission, ignored by OUCH
    if (order.type != "cancel") last_entered = order.user_ref;
    // A cancel that the exchange lost is sent again later, behind what was decided since.
    const size_t from = order.type == "cancel" ? 0 : position;
    const size_t found = find_intent(order, log, from);
    const bool logged = found < log.records.size();
    if (!logged && order_of.last_ones_may_lack) {
      if (lacking == nullptr) lacking = &order;
      continue;
    }
    const ExchangeEvent& missing = lacking == nullptr ? order : *lacking;
    if (!logged || lacking != nullptr) {
      findings.fail(where + ": the exchange saw " + missing.type + " " + std::to_string(missing.user_ref) +
                    ", the audit log has no intent for it at its place");
      return;
    }
    if (order_of.logged_first) position = std::max(position, found + 1);
  }
}

void check_sequences(const AuditReadout& log, const std::string& where, Findings& findings) {
  for (size_t i = 0; i < log.records.size(); ++i) {
    if (log.records[i].sequence != i + 1) {
      findings.fail(where + ": record " + std::to_string(i + 1) + " carries sequence " +
                    std::to_string(log.records[i].sequence));
      return;
    }
  }
}

// A record without its time cannot be placed beside the exchange's account.
void check_clocks(const AuditReadout& log, const std::string& where, Findings& findings) {
  const auto timeless = std::find_if(log.records.begin(), log.records.end(), [](const AuditRecord& record) {
    return record.wall_ns == 0 || record.monotonic_ns == 0;
  });
  if (timeless == log.records.end()) return;
  findings.fail(where + ": record " + std::to_string(timeless->sequence) + " does not say when it was made");
}

void check_intents_once(const AuditReadout& log, const Order& order_of, const std::string& where, Findings& findings) {
  uint32_t last = 0;
  std::set<uint32_t> seen;
  for (const AuditRecord& record : log.records) {
    if (record.type != AuditRecordType::kIntentEnter && record.type != AuditRecordType::kIntentReplace) continue;
    if (!seen.insert(record.user_ref).second || (order_of.logged_first && record.user_ref <= last)) {
      findings.fail(where + ": the intent for " + std::to_string(record.user_ref) + " stands twice or out of order");
      return;
    }
    last = record.user_ref;
  }
}

// Terms may be unknown only of an order that the log lacked and nothing but an answer told of.
void check_terms_known(const AuditReadout& log, const CasePlan& plan, const std::string& where, Findings& findings) {
  if (plan.log_after_send && !plan.compare_drop_copy) return;
  const auto unknown = std::find_if_not(log.records.begin(), log.records.end(), knows_terms);
  if (unknown == log.records.end()) return;
  findings.fail(where + ": record " + std::to_string(unknown->sequence) + " does not know the terms of order " +
                std::to_string(unknown->user_ref) + ", which " +
                (plan.compare_drop_copy ? "the drop copy tells" : "was logged before it was sent"));
}

// An engine that finished owes the whole trail: orders with their terms, and every message of the exchange.
void compare_whole(const AuditReadout& log, const std::vector<ExchangeEvent>& events, const std::string& where,
                   Findings& findings) {
  const std::vector<std::string> differences = compare_with_drop_copy(log.records, events).lines;
  if (differences.empty()) return;
  findings.fail(where + ": the log differs from the drop copy in " + std::to_string(differences.size()) +
                " places, first: " + differences.front());
}

// The suffix that replay returns, against one taken by hand from the middle of the log.
void check_replay(const AuditReadout& log, const std::string& where, Findings& findings) {
  if (log.records.size() < 2) return;
  const size_t middle = log.records.size() / 2;
  const auto by_sequence = postmortem::replay_from_sequence(log, log.records[middle].sequence);
  if (by_sequence.size() != log.records.size() - middle ||
      by_sequence.front().sequence != log.records[middle].sequence) {
    findings.fail(where + ": replay by sequence does not return the suffix");
  }
  const uint64_t from_ns = log.records[middle].wall_ns;
  const auto first = std::find_if(log.records.begin(), log.records.end(),
                                  [&](const AuditRecord& record) { return record.wall_ns >= from_ns; });
  if (postmortem::replay_from_time(log, from_ns).size() != static_cast<size_t>(log.records.end() - first)) {
    findings.fail(where + ": replay by time does not return the suffix");
  }
}

void judge_log(const CaseView& view, const rca::ProcessFacts& engine, const std::vector<ExchangeEvent>& events,
               Findings& findings) {
  const std::string where = "start " + std::to_string(engine.incarnation);
  const auto log = postmortem::read_audit_log(view.path(engine.folder + "/data/audit.log"));
  if (!log) {
    findings.fail(where + ": " + log.error().message);
    return;
  }
  for (const postmortem::AuditDamage& damage : log->damage) {
    findings.fail(where + ": damage at offset " + std::to_string(damage.offset) + ", sequences " +
                  std::to_string(damage.first_sequence) + " to " + std::to_string(damage.last_sequence) + ": " +
                  damage.reason);
  }
  check_sequences(*log, where, findings);
  check_clocks(*log, where, findings);
  const bool sends_first = view.plan.log_after_send;
  const Order order_of{!sends_first, sends_first && !engine.finished};
  check_intents_once(*log, order_of, where, findings);
  check_replay(*log, where, findings);
  check_terms_known(*log, view.plan, where, findings);
  if (engine.finished) compare_whole(*log, events, where, findings);
  // A session that sends first and died while it caught up has orders in its log that came behind ones it still lacks.
  if (order_of.last_ones_may_lack && engine.incarnation > 0) return;
  compare_with_arrivals(events, *log, engine.ended_ns, order_of, where, findings);
}

// The scenario damages acknowledged data: the only right answer of the restarted engine is to refuse.
Verdict judge_refusal(const CaseView& view, Findings findings) {
  const rca::ProcessFacts& last = *view.engines().back();
  const std::string& refusal = view.plan.expect.refusal;
  if (refusal.empty() && view.engines().size() < 2) {
    return findings.inconclusive("the engine was never restarted on the damaged log");
  }
  const auto& faults = view.facts.faults;
  const bool all_fired =
      std::none_of(faults.begin(), faults.end(), [](const auto& fault) { return fault.state == "armed"; });
  if (!all_fired) return findings.inconclusive("a fault that was to lead to the refusal never fired");
  if (!WIFEXITED(last.wait_status) || WEXITSTATUS(last.wait_status) != kExitRefusedDamage) {
    findings.fail(refusal.empty() ? "the log was damaged before its tail, yet the restarted engine did not refuse it"
                                  : "the engine was to refuse to trade, and did not: " + describe_ending(last));
  }
  // A refusal for another reason would mean that the damage itself went unnoticed.
  const auto said = read_file(view.path(last.folder + "/stderr.txt"));
  if (refusal.empty() && (!said || said->find("damage at offset") == std::string::npos)) {
    findings.fail("the restarted engine gave no account of the damage: which block, which sequences");
  } else if (!refusal.empty() && (!said || said->find(refusal) == std::string::npos)) {
    findings.fail("the engine's account of its refusal does not say \"" + refusal + "\"");
  }
  return findings.finish(refusal.empty() ? "the damage before the tail was refused" : "refused: " + refusal);
}

}  // namespace

Verdict verify_audit_replay(const CaseView& view) {
  Findings findings("audit_replay");
  if (view.engines().empty()) return findings.error("no engine was ever started");
  if (view.plan.expect.outcome == ExpectedOutcome::kRefuse) return judge_refusal(view, findings);
  const auto events = read_complete_drop_copy(view.path("exchange"));
  if (!events) return findings.error("no drop copy: " + events.error().message);
  for (const rca::ProcessFacts* engine : view.engines()) judge_log(view, *engine, *events, findings);
  const auto engines = view.engines();
  for (size_t i = 1; i < engines.size(); ++i) check_tail_kept(view, *engines[i - 1], *engines[i], findings);
  size_t arrivals = 0;
  for (const ExchangeEvent& event : *events) arrivals += event.kind == "in" && is_order(event.type) ? 1 : 0;
  return findings.finish("all " + std::to_string(arrivals) + " messages the exchange saw were logged before, in order");
}

}  // namespace crashwright::verifiers
