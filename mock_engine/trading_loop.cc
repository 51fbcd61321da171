#include "mock_engine/trading_loop.h"

#include <algorithm>

#include "base/clock.h"
#include "mock_engine/idle_backoff.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;
using postmortem::RecoveryPhase;

constexpr int kFeedBatch = 64;
constexpr size_t kQueuedMax = 16;  // intents waiting for the log before the feed has to wait too
constexpr uint64_t kFeedLogEvery = 64;
constexpr int kQuestionsMax = 5;
constexpr uint64_t kLogStallNs = std::chrono::nanoseconds(kLogStallMax).count();
constexpr uint64_t kResumesTooLateBy = 3;

postmortem::EngineWitness& witness() { return postmortem::control_block().engine; }

}  // namespace

TradingLoop::TradingLoop(const EngineOptions& options, const TradingParts& parts)
    : options_(options),
      exchange_(parts.exchange),
      recovery_(parts.recovery),
      checkpoints_(parts.checkpoints),
      feed_(parts.feed),
      inputs_(parts.inputs),
      audited_{state().decisions + state().risk_blocks, state().entered + state().replaced, state().feed_sequence,
               state().kill_switch},
      suppressed_(audited_.outcomes),
      risk_(parts.limits) {
  if (CRASHWRIGHT_PLANTED("feed_resumes_too_late") && audited_.outcomes > 0) suppressed_ += kResumesTooLateBy;
}

Step TradingLoop::run() {
  if (audited_.kill_switch) witness().kill_switch_ns.store(monotonic_ns(), std::memory_order_relaxed);
  if (auto joined = recovery_.rejoin(exchange_); !joined) return joined;
  if (options_.order_logging == OrderLogging::kAfterSend) {
    exchange_knows_below_ = std::max(state().next_user_ref, exchange_.feedback.exchange_next_user_ref());
  }
  started_ns_ = monotonic_ns();
  if (audited_.outcomes == 0) {
    if (auto ready = rebuilt(0); !ready) return ready;
  }
  if (auto traded = trade(); !traded) return traded;
  if (auto finished = finish(); !finished) return finished;
  ended_ns_ = monotonic_ns();
  return take_last_checkpoint();
}

Step TradingLoop::trade() {
  IdleBackoff backoff;
  for (;;) {
    exchange_.self.beat();
    const bool last = feed_.finished();  // read before the ring, so that an empty ring is the end
    const auto taken = take_feed();
    if (!taken) return tl::unexpected(taken.error());
    if (auto pumped = pump(); !pumped) return pumped;
    if (*taken == Taken::kSome) {
      backoff.reset();
    } else if (last && *taken == Taken::kRingEmpty) {
      break;
    } else if (auto waited = idle(backoff); !waited) {
      return waited;
    }
  }
  if (!feed_.failure().empty()) {
    CRASHWRIGHT_LOG_ERROR("the feed ended early: {}", feed_.failure());
    return stop(ExitCode::kRefused, "the feed ended early: " + feed_.failure());
  }
  if (outcomes_ < audited_.outcomes) {
    return stop(ExitCode::kRefused, "the feed ended before the decisions that the audit log holds");
  }
  return {};
}

tl::expected<TradingLoop::Taken, StopReason> TradingLoop::take_feed() {
  BookEvent event;
  for (int count = 0; count < kFeedBatch; ++count) {
    if (exchange_.gateway.queued() >= kQueuedMax) return count > 0 ? Taken::kSome : Taken::kNothing;
    if (!feed_.events().pop(event)) return count > 0 ? Taken::kSome : Taken::kRingEmpty;
    if (auto handled = handle(event); !handled) return tl::unexpected(handled.error());
  }
  return Taken::kSome;
}

Step TradingLoop::handle(const BookEvent& event) {
  feed_sequence_ = event.sequence;
  if (event.sequence % kFeedLogEvery == 0) {
    CRASHWRIGHT_LOG_DEBUG("feed {}: {} orders on the books, {} decisions", event.sequence, book_.resting_orders(),
                          outcomes_);
  }
  if (options_.kill_switch_at_feed != 0 && event.sequence == options_.kill_switch_at_feed) {
    if (auto thrown = throw_kill_switch(); !thrown) return thrown;
  }
  Step decided;
  if (book_.apply(event)) {
    if (const auto decision = strategy_.on_book_update(event, book_)) decided = decide(*decision);
  }
  witness().feed_applied.store(event.sequence, std::memory_order_relaxed);
  return decided;
}

Step TradingLoop::decide(const Decision& decision) {
  const uint32_t next_user_ref = strategy_.next_user_ref();
  const RiskVerdict verdict = risk_.check(decision);
  if (verdict == RiskVerdict::kKillSwitch) return {};
  if (verdict == RiskVerdict::kPass) strategy_.commit(decision);
  ++outcomes_;
  if (outcomes_ <= suppressed_) return outcomes_ == audited_.outcomes ? rebuilt(decision.feed_sequence) : Step{};
  if (verdict != RiskVerdict::kPass) return block(decision, verdict);
  if (went_out_before(decision, next_user_ref)) return decided_again(decision);
  if (!exchange_.gateway.send(decision)) return stop_sealed(exchange_.journal.log());
  return {};
}

// Orders arrive in the order in which they were sent, so a cancel that was decided before an order that arrived arrived
// too.
bool TradingLoop::went_out_before(const Decision& decision, uint32_t next_user_ref) const {
  if (CRASHWRIGHT_PLANTED("adopted_orders_sent_again")) return false;
  const bool cancel = decision.kind == DecisionKind::kCancel;
  return (cancel ? next_user_ref : decision.user_ref) < exchange_knows_below_;
}

Step TradingLoop::decided_again(const Decision& decision) {
  const bool adopted = decision.kind != DecisionKind::kCancel && state().adopted.contains(decision.user_ref);
  if (!adopted) {
    if (!exchange_.gateway.log_sent_before(decision)) return stop_sealed(exchange_.journal.log());
    return {};
  }
  AuditRecord record{};
  record.type = AuditRecordType::kInDoubtResolved;
  record.reason = static_cast<uint8_t>(InDoubtFate::kDecidedAgain);
  record.user_ref = decision.user_ref;
  record.original_user_ref = decision.original_user_ref;
  record.feed_sequence = decision.feed_sequence;
  record.quantity = static_cast<uint32_t>(decision.kind == DecisionKind::kReplace ? AuditRecordType::kIntentReplace
                                                                                  : AuditRecordType::kIntentEnter);
  if (!exchange_.journal.record(record)) return stop_sealed(exchange_.journal.log());
  return {};
}

// The strategy has come to the point where the audit log ends: what follows is live.
Step TradingLoop::rebuilt(uint64_t feed_sequence) {
  if (strategy_.next_user_ref() != audited_.orders + 1 || feed_sequence != audited_.feed_sequence) {
    return stop(ExitCode::kRefused,
                "the feed does not lead to the decisions that the audit log holds: is it the same?");
  }
  if (audited_.kill_switch && !CRASHWRIGHT_PLANTED("kill_switch_forgotten_at_restart")) risk_.throw_kill_switch();
  mark_resumed();
  CRASHWRIGHT_LOG_INFO("resumed behind feed message {} and {} decisions", feed_sequence, outcomes_);
  return {};
}

void TradingLoop::mark_resumed() {
  inputs_.resumed();
  witness().resumed_ns.store(monotonic_ns(), std::memory_order_relaxed);
  witness().recovery_phase.store(RecoveryPhase::kResumed, std::memory_order_release);
}

Step TradingLoop::block(const Decision& decision, RiskVerdict verdict) {
  AuditRecord record = {};
  record.type = AuditRecordType::kRiskBlock;
  record.feed_sequence = decision.feed_sequence;
  record.symbol = decision.symbol;
  record.side = decision.side;
  record.quantity = decision.quantity;
  record.price_ticks = decision.price_ticks;
  record.reason = static_cast<uint8_t>(verdict);
  if (!exchange_.journal.record(record)) return stop_sealed(exchange_.journal.log());
  CRASHWRIGHT_LOG_WARN("risk gate: {} {} {} at {} ticks refused ({})", decision.side, decision.quantity,
                       decision.symbol.view(), decision.price_ticks, risk_verdict_name(verdict));
  return {};
}

// What was decided before goes out before; then the switch is logged, and nothing but its own message follows.
Step TradingLoop::throw_kill_switch() {
  if (audited_.kill_switch || outcomes_ < audited_.outcomes) return {};
  if (auto sent = send_all(); !sent) return sent;
  risk_.throw_kill_switch();
  AuditRecord record{};
  record.type = AuditRecordType::kKillSwitch;
  record.user_ref = state().next_user_ref;
  record.feed_sequence = feed_sequence_;
  if (!exchange_.journal.record(record)) return stop_sealed(exchange_.journal.log());
  witness().kill_switch_ns.store(monotonic_ns(), std::memory_order_relaxed);
  CRASHWRIGHT_LOG_WARN("kill switch thrown at feed message {}", feed_sequence_);
  exchange_.gateway.queue(record);
  return {};
}

__attribute__((noinline)) Step TradingLoop::finish() {
  CRASHWRIGHT_FAULT_POINT("engine.session_end");
  if (auto settled = ask_until_settled(); !settled) return settled;
  if (!state().pending.empty()) {
    CRASHWRIGHT_LOG_ERROR("{} intents were never answered, order {} is the first", state().pending.size(),
                          state().pending.front().user_ref);
    return stop(ExitCode::kExchangeLost, std::to_string(state().pending.size()) +
                                             " orders were never answered, order " +
                                             std::to_string(state().pending.front().user_ref) + " is the first");
  }
  return {};
}

// Everything else is durable before: nothing but this checkpoint and its record is on its way then, or can follow.
Step TradingLoop::take_last_checkpoint() {
  postmortem::AuditLog& log = exchange_.journal.log();
  do {
    if (auto durable = await_durable(log, state().audit_sequence, exchange_.self); !durable) return durable;
    if (auto pumped = pump(); !pumped) return pumped;
  } while (checkpoints_.waiting() || !exchange_.journal.durable(state().audit_sequence));
  witness().recovery_phase.store(RecoveryPhase::kEnding, std::memory_order_release);
  if (auto taken = checkpoints_.take_last(exchange_.journal); !taken) return taken;
  return await_durable(log, state().audit_sequence, exchange_.self);
}

// The answer to an account query comes behind all answers to what was sent before it.
Step TradingLoop::ask_until_settled() {
  for (int questions = 0; questions < kQuestionsMax;) {
    if (auto sent = send_all(); !sent) return sent;
    const uint64_t answered = exchange_.feedback.queries_answered();
    const uint64_t rejoined = rejoined_;
    exchange_.gateway.send_account_query();
    IdleBackoff backoff;
    while (exchange_.feedback.queries_answered() == answered) {
      if (auto pumped = pump(); !pumped) return pumped;
      if (auto waited = idle(backoff); !waited) return waited;
    }
    if (rejoined != rejoined_) continue;  // the answer was to the query of the new login
    if (state().pending.empty()) return {};
    ++questions;
    if (auto again = recovery_.reconcile(exchange_); !again) return again;
  }
  return {};
}

Step TradingLoop::send_all() {
  IdleBackoff backoff;
  while (!exchange_.gateway.everything_sent()) {
    if (auto pumped = pump(); !pumped) return pumped;
    if (auto waited = idle(backoff); !waited) return waited;
  }
  return {};
}

Step TradingLoop::pump() {
  const auto drained = exchange_.feedback.drain();
  if (!drained) return tl::unexpected(drained.error());
  if (*drained == Drained::kDisconnected) {
    if (CRASHWRIGHT_PLANTED("gateway_never_reconnects")) return stop(ExitCode::kExchangeLost, "the connection broke");
    CRASHWRIGHT_LOG_WARN("the connection to the exchange broke, joining again");
    ++rejoined_;
    if (auto joined = recovery_.rejoin(exchange_); !joined) return joined;
    if (outcomes_ >= audited_.outcomes) mark_resumed();  // else rebuilt() does, once the strategy has caught up
  }
  if (!exchange_.gateway.send_durable() || exchange_.journal.log().sealed()) {
    return stop_sealed(exchange_.journal.log());
  }
  return checkpoints_.poll(exchange_.journal);
}

Step TradingLoop::idle(IdleBackoff& backoff) {
  exchange_.self.beat();
  exchange_.gateway.keep_alive();
  if (!exchange_.journal.keep_alive()) return stop_sealed(exchange_.journal.log());
  backoff.wait();
  const uint64_t durable = exchange_.journal.log().durable_up_to();
  const uint64_t now_ns = monotonic_ns();
  if (durable != log_progress_ || durable >= state().audit_sequence || log_progress_ns_ == 0) {
    log_progress_ = durable;
    log_progress_ns_ = now_ns;
  }
  if (now_ns - log_progress_ns_ > kLogStallNs) {
    return stop_stalled();
  }
  return {};
}

}  // namespace crashwright::mock_engine
