#include "mock_engine/recovery.h"

#include <algorithm>

#include "mock_engine/drop_copy_check.h"
#include "mock_engine/idle_backoff.h"
#include "mock_engine/missed_messages.h"
#include "mock_engine/order_messages.h"
#include "mock_engine/order_state_snapshot.h"
#include "postmortem/audit_mark.h"
#include "postmortem/control_block.h"
#include "postmortem/device_wait.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"
#include "postmortem/state_store.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;
using postmortem::RecoveryPhase;

constexpr std::chrono::seconds kReconnectFor{5};
constexpr std::chrono::milliseconds kDurableSlice{50};

void enter_phase(RecoveryPhase phase) {
  postmortem::control_block().engine.recovery_phase.store(phase, std::memory_order_release);
}

}  // namespace

__attribute__((noinline)) Step Recovery::load_snapshot() {
  CRASHWRIGHT_FAULT_POINT("recovery.start");
  enter_phase(RecoveryPhase::kReadingState);
  const std::string path = options_.state_path();
  const auto readout = postmortem::read_state_store(path);
  if (!readout) return stop(ExitCode::kRefused, readout.error().message);
  for (const std::string& reason : readout->refused) CRASHWRIGHT_LOG_WARN("state slot not used: {}", reason);
  if (readout->newest) {
    auto state = decode_order_state(readout->newest->payload);
    if (!state) return stop(ExitCode::kRefused, path + ": " + state.error().message);
    orders_ = OrderStateMachine(std::move(*state));
    snapshot_ = *readout->newest;
    if (auto own = check_snapshot(path); !own) return own;
  }
  CRASHWRIGHT_LOG_INFO("recovery: snapshot of audit sequence {}", snapshot_.sequence);
  CRASHWRIGHT_FAULT_POINT("recovery.snapshot_loaded");
  return {};
}

// Whose snapshot it is, is compared with the log once that is open; what it says of itself must fit its content before.
Step Recovery::check_snapshot(const std::string& path) const {
  const std::string snapshot = path + ": the snapshot of audit sequence " + std::to_string(snapshot_.sequence);
  std::string trouble;
  if (snapshot_.log_id == 0) {
    trouble = " names no audit log";
  } else if (orders_.state().audit_sequence != snapshot_.sequence) {
    trouble = " holds the state of sequence " + std::to_string(orders_.state().audit_sequence);
  } else if (orders_.hash() != snapshot_.state_hash) {
    trouble = " holds another state than its hash says";
  }
  if (trouble.empty()) return {};
  return stop(ExitCode::kRefused, snapshot + trouble +
                                      "; move it away: the whole log, with its archived segments brought back, gives "
                                      "the state; nothing was changed");
}

__attribute__((noinline)) Step Recovery::replay_audit(const postmortem::AuditReadout& readout,
                                                      postmortem::EngineThread& self) {
  enter_phase(RecoveryPhase::kReplayingAudit);
  const uint64_t last = readout.last_sequence;
  const bool hard_coded = CRASHWRIGHT_PLANTED("replay_hard_coded_path");
  if (auto own = postmortem::check_audit_mark(readout, snapshot_, options_.audit_path()); !own && !hard_coded) {
    return stop(ExitCode::kRefused, "audit log: " + own.error().message + "; " + own.error().remedy);
  }
  if (last < snapshot_.sequence && !hard_coded) {
    return stop(ExitCode::kRefused, "the state snapshot holds audit sequence " + std::to_string(snapshot_.sequence) +
                                        ", the audit log ends at " + std::to_string(last) +
                                        ": acknowledged records are missing");
  }
  const bool ignore_tail = CRASHWRIGHT_PLANTED("stale_checkpoint_preferred") && snapshot_.sequence > 0;
  size_t replayed = 0;
  uint64_t checkpoint = 0;
  for (const AuditRecord& record : readout.records) {
    self.beat();
    if (record.type == AuditRecordType::kCheckpoint) checkpoint = record.match_id;
    if (record.sequence <= snapshot_.sequence || ignore_tail) continue;
    if (const Promise promise = orders_.replay(record); promise != Promise::kKept) {
      return stop(ExitCode::kRefused,
                  "audit record " + std::to_string(record.sequence) + ": " + promise_text(promise) +
                      "; no state follows from this log: restore it from a copy (crashwright audit replay)");
    }
    ++replayed;
  }
  if (checkpoint > snapshot_.sequence) {
    CRASHWRIGHT_LOG_WARN(
        "state slot missing or stale: a checkpoint of audit sequence {} was taken, the newest is of {}", checkpoint,
        snapshot_.sequence);
  }
  if (CRASHWRIGHT_PLANTED("fill_applied_twice")) apply_a_fill_twice(readout);
#if defined(CRASHWRIGHT_PLANTED_BUGS)
  forget_what_was_recovered();
#endif
  CRASHWRIGHT_LOG_INFO("recovery: {} audit records replayed up to {}, {} intents in doubt", replayed, last,
                       orders_.state().pending.size());
  CRASHWRIGHT_FAULT_POINT("recovery.audit_replayed");
  return {};
}

// Planted bug: the newest fill that still counts for something counts again.
void Recovery::apply_a_fill_twice(const postmortem::AuditReadout& readout) {
  const int64_t cash_before = orders_.state().cash_ticks;
  for (auto record = readout.records.rbegin(); record != readout.records.rend(); ++record) {
    if (record->type != AuditRecordType::kExecuted) continue;
    static_cast<void>(orders_.replay(*record));
    if (orders_.state().cash_ticks != cash_before) return;
  }
}

#if defined(CRASHWRIGHT_PLANTED_BUGS)
// Planted bugs: a part of the state that recovery loses.
void Recovery::forget_what_was_recovered() {
  OrderState state = orders_.state();
  if (CRASHWRIGHT_PLANTED("open_orders_forgotten")) {
    std::erase_if(state.orders, [](const auto& entry) { return entry.second.phase == OrderPhase::kOpen; });
  } else if (CRASHWRIGHT_PLANTED("in_doubt_forgotten")) {
    for (const PendingIntent& intent : state.pending) state.orders.erase(intent.user_ref);
    state.pending.clear();
  } else if (CRASHWRIGHT_PLANTED("positions_forgotten")) {
    state.positions.clear();
  } else if (CRASHWRIGHT_PLANTED("cash_forgotten")) {
    state.cash_ticks = 0;
  } else if (CRASHWRIGHT_PLANTED("session_sequence_forgotten")) {
    state.next_session_sequence = 1;
  } else if (CRASHWRIGHT_PLANTED("next_order_number_off_by_one")) {
    state.next_user_ref -= state.next_user_ref > 1 ? 1 : 0;
  } else {
    return;
  }
  orders_ = OrderStateMachine(std::move(state));
}
#endif

Step Recovery::rejoin(ExchangeSide& exchange) {
  if (CRASHWRIGHT_PLANTED("intents_resent_after_restart")) before_login_ = exchange.journal.state();
  for (;;) {
    if (const uint64_t poison = exchange.gateway.undecodable(); poison != 0) {
      return stop(ExitCode::kRefused, "message " + std::to_string(poison) +
                                          " of the exchange cannot be taken: it makes no sense, or is in quarantine");
    }
    if (auto ok = log_in(exchange); !ok) return ok;
    const Attempt applied = apply_missed(exchange);
    if (!applied) return tl::unexpected(applied.error());
    if (*applied == Progress::kDone) {
      if (auto same = compare_books(exchange); !same) return same;
      return reconcile(exchange);
    }
    CRASHWRIGHT_LOG_WARN("recovery: the connection broke, once more from the login");
  }
}

__attribute__((noinline)) Step Recovery::log_in(ExchangeSide& exchange) {
  enter_phase(RecoveryPhase::kLoggingIn);
  exchange.gateway.drop_queue();
  const OrderState& state = exchange.journal.state();
  SessionPlace place{std::string(state.exchange_session.view()), state.session_first, state.next_session_sequence};
  if (CRASHWRIGHT_PLANTED("next_sequence_off_by_one") && place.next > 1) ++place.next;
  auto login = exchange.gateway.connect(place, Deadline(kReconnectFor), exchange.self);
  if (login && !place.session.empty() && login->session != place.session) {
    if (auto left = leave_session(exchange, login->session); !left) return left;
    place = {login->session, state.next_session_sequence, state.next_session_sequence};
    login = exchange.gateway.connect(place, Deadline(kReconnectFor), exchange.self);
    if (login && login->session != place.session) {
      return stop(ExitCode::kExchangeLost,
                  "the exchange went from session " + place.session + " to " + login->session + " during the login");
    }
  }
  if (!login) return stop(ExitCode::kExchangeLost, login.error().message);
  if (login->next_sequence > place.next) {
    return stop(ExitCode::kRefused, "the exchange starts at session sequence " + std::to_string(login->next_sequence) +
                                        ", wanted was " + std::to_string(place.next) + ": messages are lost");
  }
  AuditRecord record{};
  record.type = AuditRecordType::kLogin;
  record.session_sequence = login->next_sequence;
  record.symbol.assign(login->session);
  if (!exchange.journal.record(record)) return stop_sealed(exchange.journal.log());
  CRASHWRIGHT_LOG_INFO("recovery: logged in to session {} at sequence {}", login->session, login->next_sequence);
  CRASHWRIGHT_FAULT_POINT("recovery.logged_in");
  return {};
}

// What the exchange said last in a session that is gone cannot be asked for again: the drop copy alone tells.
__attribute__((noinline)) Step Recovery::leave_session(ExchangeSide& exchange, const std::string& new_session) {
  const OrderState& state = exchange.journal.state();
  const std::string both = "the exchange has begun session " + new_session + " behind " +
                           std::string(state.exchange_session.view()) + ", message " +
                           std::to_string(state.next_session_sequence - 1) + " of which was the last one here";
  CRASHWRIGHT_LOG_WARN("recovery: {}", both);
  if (options_.drop_copy.empty()) {
    return stop(ExitCode::kRefused, both +
                                        "; what it said after that only a drop copy tells, and none is given "
                                        "(--drop-copy): nothing is sent");
  }
  const auto read = [&] {
    const postmortem::DeviceWait wait;  // a drop copy takes as long as it is
    return read_missed_messages(options_.drop_copy, new_session, state.next_session_sequence);
  };
  auto missed = read();
  if (!missed) return stop(ExitCode::kRefused, both + "; drop copy: " + missed.error().message);
  for (AuditRecord& record : *missed) {
    exchange.self.beat();
    if (auto taken = exchange.feedback.take(record); !taken) return taken;
  }
  CRASHWRIGHT_LOG_INFO("recovery: {} messages of the old session taken from the drop copy", missed->size());
  CRASHWRIGHT_FAULT_POINT("recovery.session_left");
  return compare_books(exchange);
}

__attribute__((noinline)) Recovery::Attempt Recovery::apply_missed(ExchangeSide& exchange) {
  enter_phase(RecoveryPhase::kApplyingMissed);
  const uint64_t answered_before = exchange.feedback.queries_answered();
  exchange.gateway.send_account_query();
  IdleBackoff backoff;
  while (exchange.feedback.queries_answered() == answered_before) {
    exchange.self.beat();
    const auto drained = exchange.feedback.drain();
    if (!drained) return tl::unexpected(drained.error());
    if (*drained == Drained::kDisconnected) return Progress::kDisconnected;
    if (!exchange.gateway.send_durable()) return stop_sealed(exchange.journal.log());
    if (*drained == Drained::kSome) backoff.reset();
    backoff.wait();
  }
  CRASHWRIGHT_LOG_INFO("recovery: caught up to session sequence {}, the exchange's next order number is {}",
                       exchange.journal.state().next_session_sequence, exchange.feedback.exchange_next_user_ref());
  CRASHWRIGHT_FAULT_POINT("recovery.missed_applied");
  return Progress::kDone;
}

__attribute__((noinline)) Step Recovery::reconcile(ExchangeSide& exchange) {
  enter_phase(RecoveryPhase::kReconciling);
  const OrderState& state = exchange.journal.state();
  const bool log_is_the_truth = options_.order_logging == OrderLogging::kBeforeSend;
  if (log_is_the_truth && exchange.feedback.exchange_next_user_ref() > state.next_user_ref) {
    return stop(ExitCode::kRefused,
                "the exchange's next order number is " + std::to_string(exchange.feedback.exchange_next_user_ref()) +
                    ", the audit log knows orders up to " + std::to_string(state.next_user_ref - 1) + " only");
  }
  if (auto durable = await_durable(exchange.journal.log(), state.audit_sequence, exchange.self); !durable) {
    return durable;
  }
  if (CRASHWRIGHT_PLANTED("intents_resent_after_restart")) return send_under_new_numbers(exchange);
  const auto in_doubt = state.pending;  // a copy: resolving changes the original
  for (const PendingIntent& intent : in_doubt) {
    if (auto resolved = resolve(exchange, intent); !resolved) return resolved;
  }
  CRASHWRIGHT_LOG_INFO("recovery: reconciled, {} intents had not arrived, {} orders are open", in_doubt.size(),
                       state.orders.size());
  CRASHWRIGHT_FAULT_POINT("recovery.reconciled");
  return {};
}

// Nothing goes out before our books are the exchange's.
__attribute__((noinline)) Step Recovery::compare_books(ExchangeSide& exchange) {
  if (options_.drop_copy.empty()) return {};
  const auto compare = [&] {
    const postmortem::DeviceWait wait;
    return compare_with_drop_copy(options_.drop_copy, exchange.journal.state());
  };
  const auto found = compare();
  if (!found) return stop(ExitCode::kRefused, "drop copy: " + with_remedy(found.error()) + "; nothing is sent");
  for (const BookDifference& difference : *found) {
    CRASHWRIGHT_LOG_ERROR("drop copy: {}", difference.text());
    AuditRecord record{};
    record.type = AuditRecordType::kReconciliationDifference;
    record.user_ref = difference.user_ref;
    if (difference.user_ref == 0) record.symbol.assign(difference.what);
    record.price_ticks = difference.theirs;
    if (!exchange.journal.record(record)) return stop_sealed(exchange.journal.log());
  }
  if (found->empty()) {
    CRASHWRIGHT_LOG_INFO("recovery: the books are those of the drop copy");
    return {};
  }
  return stop(ExitCode::kRefused, "the books differ from the exchange's drop copy in " + std::to_string(found->size()) +
                                      " places, first " + found->front().text() + "; nothing is sent");
}

// The intent never arrived. Under a kill switch only the kill switch itself may still go out.
Step Recovery::resolve(ExchangeSide& exchange, const PendingIntent& intent) {
  const OrderState& state = exchange.journal.state();
  const bool abandoned = state.kill_switch && intent.type != AuditRecordType::kKillSwitch;
  const AuditRecord again = intent_record(intent, state);
  AuditRecord record{};
  record.type = AuditRecordType::kInDoubtResolved;
  record.user_ref = intent.user_ref;
  record.original_user_ref = intent.original_user_ref;
  record.reason = static_cast<uint8_t>(abandoned ? InDoubtFate::kAbandoned : InDoubtFate::kSentAgain);
  record.flags = postmortem::kPossibleResend;
  if (!exchange.journal.record(record)) return stop_sealed(exchange.journal.log());
  CRASHWRIGHT_LOG_WARN("order {} was in doubt: it never arrived and is {}", intent.user_ref,
                       abandoned ? "given up under the kill switch" : "sent again");
  if (!abandoned) exchange.gateway.queue(again);
  return {};
}

// Planted bug: what was in doubt goes out again as new orders, arrived or not.
Step Recovery::send_under_new_numbers(ExchangeSide& exchange) {
  for (const PendingIntent& intent : before_login_.pending) {
    if (intent.type != AuditRecordType::kIntentEnter) continue;
    const auto known = before_login_.orders.find(intent.user_ref);
    if (known == before_login_.orders.end()) continue;
    const WorkingOrder& order = known->second;
    Decision decision;
    decision.side = order.side;
    decision.user_ref = exchange.journal.state().next_user_ref;
    decision.quantity = order.quantity;
    decision.price_ticks = static_cast<uint32_t>(order.price_ticks);
    decision.symbol = order.symbol;
    decision.feed_sequence = exchange.journal.state().feed_sequence;
    if (!exchange.gateway.send(decision)) return stop_sealed(exchange.journal.log());
  }
  return {};
}

Step await_durable(postmortem::AuditLog& log, uint64_t sequence, postmortem::EngineThread& self) {
  const Deadline deadline(kLogStallMax);
  while (!log.wait_durable(sequence, kDurableSlice)) {
    self.beat();
    if (log.sealed()) return stop_sealed(log);
    if (deadline.passed()) return stop_stalled();
  }
  return {};
}

}  // namespace crashwright::mock_engine
