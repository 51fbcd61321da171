#include "mock_engine/naive/session.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "mock_engine/feed_handler.h"
#include "mock_engine/idle_backoff.h"
#include "mock_engine/naive/order_gateway.h"
#include "mock_engine/order_book.h"
#include "mock_engine/order_state_json.h"
#include "mock_engine/risk_gate.h"
#include "mock_engine/strategy.h"
#include "postmortem/control_block.h"
#include "postmortem/engine_thread.h"
#include "postmortem/fault_point.h"

namespace crashwright::mock_engine::naive {
namespace {

using postmortem::RecoveryPhase;

ExitCode complain(ExitCode code, const std::string& what) {
  std::fprintf(stderr, "naive_engine: %s\n", what.c_str());
  return code;
}

void resumed() {
  postmortem::EngineWitness& witness = postmortem::control_block().engine;
  witness.resumed_ns.store(monotonic_ns());
  witness.recovery_phase.store(RecoveryPhase::kResumed);
}

// Everything that a session shares. Made once, in the order in which the parts need each other.
struct Parts {
  explicit Parts(const EngineOptions& options)
      : log(options.postmortem_folder + "/trading-" + std::to_string(::getpid()) + ".log"),
        trail(options.audit_path()),
        books(positions),
        gateway(books, trail, log) {}

  TextLog log;
  AuditTrail trail;
  PositionFile positions;
  OrderStateMachine books;
  OrderGateway gateway;
};

class TradingLoop {
 public:
  TradingLoop(const EngineOptions& options, Parts& parts, FeedHandler& feed)
      : options_(options),
        parts_(parts),
        feed_(feed),
        next_user_ref_(parts.books.state().next_user_ref),
        applied_before_(parts.positions.table().feed_sequence) {}

  // False when the exchange is gone.
  [[nodiscard]] bool run() {
    IdleBackoff backoff;
    BookEvent event;
    for (;;) {
      const bool last = feed_.finished();
      if (feed_.events().pop(event)) {
        handle(event);
        backoff.reset();
      } else if (last) {
        break;
      } else {
        backoff.wait();
      }
      if (parts_.gateway.lost()) return false;
    }
    CRASHWRIGHT_FAULT_POINT("engine.session_end");
    parts_.gateway.ask();
    while (!parts_.gateway.answered()) {
      if (parts_.gateway.lost()) return false;
      backoff.wait();
    }
    return true;
  }

 private:
  // The feed goes on where the table says; the books of the market start empty.
  void handle(const BookEvent& event) {
    if (event.sequence <= applied_before_) return;
    if (event.sequence == options_.kill_switch_at_feed) risk_.throw_kill_switch();
    if (book_.apply(event)) {
      if (auto decision = strategy_.on_book_update(event, book_)) decide(*decision);
    }
    parts_.positions.table().feed_sequence = event.sequence;
    postmortem::control_block().engine.feed_applied.store(event.sequence);
  }

  void decide(Decision& decision) {
    if (risk_.check(decision) != RiskVerdict::kPass) return;
    strategy_.commit(decision);
    renumber(decision);
    parts_.gateway.send(decision);
  }

  // The strategy counts from 1 in each life; what the replay found came before.
  void renumber(Decision& decision) const {
    decision.user_ref += next_user_ref_ - 1;
    if (decision.original_user_ref != 0) decision.original_user_ref += next_user_ref_ - 1;
  }

  const EngineOptions& options_;
  Parts& parts_;
  FeedHandler& feed_;
  OrderBook book_;
  Strategy strategy_;
  RiskGate risk_;
  const uint32_t next_user_ref_;
  const uint64_t applied_before_;
};

bool trade(const EngineOptions& options, Parts& parts, FeedHandler& feed) {
  std::thread receiver([&] {
    const postmortem::EngineThread self("gateway_rx");
    parts.gateway.receive();
  });
  std::thread feeder([&] {
    postmortem::EngineThread self("feed");
    feed.run(self);
  });
  bool traded = false;
  std::thread trading([&] {
    const postmortem::EngineThread self("trading");
    traded = TradingLoop(options, parts, feed).run();
  });
  trading.join();
  feed.request_stop();
  parts.gateway.finish();
  feeder.join();
  receiver.join();
  return traded;
}

ExitCode recover_only(const EngineOptions& options, const Parts& parts) {
  const std::string json = recovered_state_json(parts.books.state());
  if (auto written = write_file(options.postmortem_folder + "/recovered_state.json", json); !written) {
    return complain(ExitCode::kStorageSealed, written.error().message);
  }
  std::fputs(json.c_str(), stdout);
  return ExitCode::kFinished;
}

}  // namespace

ExitCode run_session(const EngineOptions& options) {
  ::mkdir(options.data_folder.c_str(), 0755);
  Parts parts(options);
  CRASHWRIGHT_FAULT_POINT("recovery.start");
  if (!parts.positions.open(options.data_folder + "/positions.bin")) {
    return complain(ExitCode::kStorageSealed, "cannot map positions.bin");
  }
  parts.books.replay(read_trail(kReplayPath));
  CRASHWRIGHT_FAULT_POINT("recovery.audit_replayed");
  if (options.recover_only) return recover_only(options, parts);
  auto source = FeedSource::open(options.feed);
  if (!source) {
    const bool lacks = source.error().kind == ErrorKind::kEnvironment;
    return complain(lacks ? ExitCode::kEnvironment : ExitCode::kUsage, source.error().message);
  }
  const PositionTable& table = parts.positions.table();
  if (auto connected =
          parts.gateway.connect(options.exchange, table.session_sequence == 0 ? 1 : table.session_sequence);
      !connected) {
    return complain(ExitCode::kExchangeLost, connected.error().message);
  }
  CRASHWRIGHT_FAULT_POINT("recovery.logged_in");
  resumed();
  FeedHandler feed(std::move(*source), options.feed_rate, table.feed_sequence);
  if (!trade(options, parts, feed)) return complain(ExitCode::kExchangeLost, "the exchange closed the connection");
  const std::string json = final_state_json(parts.books.state(), table.feed_sequence);
  if (auto written = write_file(options.postmortem_folder + "/final_state.json", json); !written) {
    return complain(ExitCode::kStorageSealed, written.error().message);
  }
  postmortem::control_block().engine.finished.store(1);
  return ExitCode::kFinished;
}

}  // namespace crashwright::mock_engine::naive
