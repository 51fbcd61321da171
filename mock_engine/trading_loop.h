// The trading thread's loop: feed in, decisions out, answers in, until the feed is exhausted and everything answered.
//
// After a crash the feed is read again from its start: books, strategy and risk gate are functions of the feed, so they
// come out as they were. Decisions that the audit log already holds are made again but not acted upon; the first one
// behind them is live. That the rebuilt strategy arrives where the log left off is checked.
// Threads: the trading thread alone. Signal context: no. Errors: the reason to stop.
#pragma once

#include <cstdint>

#include "mock_engine/checkpoint_writer.h"
#include "mock_engine/engine_options.h"
#include "mock_engine/feed_handler.h"
#include "mock_engine/idle_backoff.h"
#include "mock_engine/order_book.h"
#include "mock_engine/recovery.h"
#include "mock_engine/risk_gate.h"
#include "mock_engine/strategy.h"

namespace crashwright::mock_engine {

struct TradingParts {
  ExchangeSide exchange;
  Recovery& recovery;
  CheckpointWriter& checkpoints;
  FeedHandler& feed;
  postmortem::InputGuard& inputs;
  RiskLimits limits;
};

class TradingLoop {
 public:
  // The order state in `parts` is the recovered one.
  TradingLoop(const EngineOptions& options, const TradingParts& parts);

  // Joins the exchange, trades, ends the session.
  [[nodiscard]] Step run();

  [[nodiscard]] uint64_t feed_messages() const { return feed_sequence_; }
  // From the first message taken to the last answer.
  [[nodiscard]] uint64_t duration_ns() const { return ended_ns_ - started_ns_; }

 private:
  // What the log held when this process started.
  struct Audited {
    uint64_t outcomes;  // decisions that were acted upon, and risk blocks
    uint64_t orders;    // of them those that took a UserRefNum
    uint64_t feed_sequence;
    bool kill_switch;
  };

  enum class Taken : uint8_t { kSome, kNothing, kRingEmpty };

  [[nodiscard]] Step trade();
  // A batch of feed messages, fewer when too many intents wait for the log.
  [[nodiscard]] tl::expected<Taken, StopReason> take_feed();
  [[nodiscard]] Step handle(const BookEvent& event);
  [[nodiscard]] Step decide(const Decision& decision);
  [[nodiscard]] Step rebuilt(uint64_t feed_sequence);
  // Send then log: the exchange holds the order of this decision, which is behind the end of the log.
  [[nodiscard]] bool went_out_before(const Decision& decision, uint32_t next_user_ref) const;
  [[nodiscard]] Step decided_again(const Decision& decision);
  [[nodiscard]] Step block(const Decision& decision, RiskVerdict verdict);
  [[nodiscard]] Step throw_kill_switch();
  [[nodiscard]] Step finish();
  [[nodiscard]] Step take_last_checkpoint();
  // Everything but the feed: answers, durable intents, checkpoints, a lost connection.
  [[nodiscard]] Step pump();
  // Pumps until the gateway has nothing left to send.
  [[nodiscard]] Step send_all();
  [[nodiscard]] Step ask_until_settled();
  [[nodiscard]] Step idle(IdleBackoff& backoff);
  void mark_resumed();
  [[nodiscard]] const OrderState& state() const { return exchange_.journal.state(); }

  const EngineOptions& options_;
  ExchangeSide exchange_;
  Recovery& recovery_;
  CheckpointWriter& checkpoints_;
  FeedHandler& feed_;
  postmortem::InputGuard& inputs_;
  const Audited audited_;
  uint64_t suppressed_;                // outcomes not to act upon
  uint32_t exchange_knows_below_ = 0;  // send then log: orders with lower numbers went out before this start

  OrderBook book_;
  Strategy strategy_;
  RiskGate risk_;
  uint64_t outcomes_ = 0;
  uint64_t feed_sequence_ = 0;
  uint64_t rejoined_ = 0;
  uint64_t started_ns_ = 0;
  uint64_t ended_ns_ = 0;
  uint64_t log_progress_ = 0;  // last durable sequence seen, and when it was new
  uint64_t log_progress_ns_ = 0;
};

}  // namespace crashwright::mock_engine
