#include "mock_engine/session.h"

#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

#include "base/file.h"
#include "mock_engine/configuration.h"
#include "mock_engine/damage_account.h"
#include "mock_engine/data_lock.h"
#include "mock_engine/order_state_json.h"
#include "mock_engine/safeguards.h"
#include "mock_engine/trading_loop.h"
#include "postmortem/audit_segments.h"
#include "postmortem/control_block.h"
#include "postmortem/device_wait.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"
#include "postmortem/state_store.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditLog;
using postmortem::AuditReadout;
using postmortem::AuditRecord;
using postmortem::AuditRecordType;
using postmortem::DeviceWait;
using postmortem::EngineThread;
using postmortem::RecoveryPhase;
using postmortem::StateStore;
using postmortem::Watchdog;

constexpr size_t kAuditRingRecords = 4096;
constexpr const char* kHardCodedLog = "/tmp/trading/audit.log";  // of a planted bug

ExitCode report(const StopReason& reason) {
  if (reason.code == ExitCode::kRefused) {
    postmortem::control_block().engine.recovery_phase.store(RecoveryPhase::kRefused, std::memory_order_release);
  }
  CRASHWRIGHT_LOG_ERROR("the engine stops: {}", reason.why);
  std::fprintf(stderr, "mock_engine: %s\n", reason.why.c_str());
  return reason.code;
}

StopReason storage_reason(const char* what, const Error& error) {
  if (error.kind == ErrorKind::kCorrupt) {
    const std::string remedy = error.remedy.empty() ? "" : "; " + error.remedy;
    return {ExitCode::kRefused, std::string(what) + ": " + error.message + remedy};
  }
  return {ExitCode::kStorageSealed, std::string(what) + " sealed: " + error.message};
}

std::string describe(const EngineOptions& options, const AuditReadout& readout) {
  const DeviceWait wait;
  const postmortem::AuditDamage& damage = readout.damage.front();
  const std::string records = damage.last_sequence == 0 ? "no record in it"
                                                        : "sequences " + std::to_string(damage.first_sequence) +
                                                              " to " + std::to_string(damage.last_sequence);
  return "audit log: damage at offset " + std::to_string(damage.offset) + ", " + records + ": " + damage.reason + "; " +
         account_of_damage(readout, options.drop_copy);
}

// Why the log cannot be opened; of damage also what the exchange knows.
StopReason log_reason(const EngineOptions& options, const Error& error) {
  StopReason reason = storage_reason("audit log", error);
  if (error.kind != ErrorKind::kCorrupt) return reason;
  const DeviceWait wait;
  const auto readout = postmortem::read_audit_log(options.audit_path());
  if (readout && !readout->damage.empty()) reason.why += "; " + account_of_damage(*readout, options.drop_copy);
  return reason;
}

// Reading a log takes as long as it is.
Result<AuditReadout> read_log(const EngineOptions& options, const Recovery& recovery) {
  const DeviceWait wait;
  return postmortem::read_audit_log_behind(options.audit_path(), recovery.snapshot().sequence);
}

Result<std::unique_ptr<AuditLog>> open_log(const EngineOptions& options, const Recovery& recovery, Watchdog& watchdog,
                                           AuditReadout& readout) {
  const DeviceWait wait;
  return AuditLog::open({.path = options.audit_path(),
                         .durability = options.durability,
                         .ring_records = kAuditRingRecords,
                         .segment_bytes = options.segment_bytes,
                         .snapshot = recovery.snapshot(),
                         .watchdog = &watchdog},
                        &readout);
}

Step write_result(const EngineOptions& options, const char* name, const std::string& json) {
  const DeviceWait wait;
  if (auto written = write_file_atomic(options.postmortem_folder + "/" + name, json); !written) {
    return tl::unexpected(storage_reason(name, written.error()));
  }
  return {};
}

Step replay(Recovery& recovery, const AuditReadout& readout, EngineThread& self) {
  if (!CRASHWRIGHT_PLANTED("replay_hard_coded_path")) return recovery.replay_audit(readout, self);
  const auto elsewhere = postmortem::read_audit_log(kHardCodedLog);
  return recovery.replay_audit(elsewhere ? *elsewhere : AuditReadout{}, self);
}

// The recovered state becomes the newest snapshot, so that recovering again starts from it.
tl::expected<std::unique_ptr<CheckpointWriter>, StopReason> open_checkpoints(const EngineOptions& options,
                                                                             const Recovery& recovery,
                                                                             const AuditReadout& readout) {
  auto store = StateStore::open({options.state_path(), options.durability});
  if (!store) return tl::unexpected(storage_reason("state store", store.error()));
  return std::make_unique<CheckpointWriter>(std::move(*store), options, recovery.snapshot().sequence, readout.log_id);
}

Step write_recovered_checkpoint(CheckpointWriter& checkpoints, const Recovery& recovery, OrderState state) {
  if (state.audit_sequence <= recovery.snapshot().sequence && !CRASHWRIGHT_PLANTED("recovery_not_idempotent")) {
    return {};
  }
  if (CRASHWRIGHT_PLANTED("recovery_not_idempotent")) {
    ++state.decisions;  // recovery counts itself as a decision, and writes that down
    if (state.audit_sequence <= recovery.snapshot().sequence) return {};
  }
  return checkpoints.write(state);
}

// Recovery from disk alone: the state goes to standard output and beside the post-mortem files.
Step recover_only(const EngineOptions& options, Recovery& recovery, EngineThread& self) {
  const auto readout = read_log(options, recovery);
  if (!readout) return tl::unexpected(storage_reason("audit log", readout.error()));
  if (!readout->damage.empty()) return stop(ExitCode::kRefused, describe(options, *readout));
  if (auto replayed = replay(recovery, *readout, self); !replayed) return replayed;
  const OrderState& state = recovery.orders().state();
  auto checkpoints = open_checkpoints(options, recovery, *readout);
  if (!checkpoints) return tl::unexpected(checkpoints.error());
  if (auto synced = postmortem::sync_audit_log(options.audit_path()); !synced) {
    return tl::unexpected(storage_reason("audit log", synced.error()));
  }
  if (auto written = write_recovered_checkpoint(**checkpoints, recovery, state); !written) return written;
  const std::string json = recovered_state_json(state);
  if (auto written = write_result(options, "recovered_state.json", json); !written) return written;
  std::fputs(json.c_str(), stdout);
  return {};
}

// A session goes on with the settings that it began with, unless somebody says that another one is meant.
Step check_configuration(const EngineOptions& options, const RiskLimits& limits, const OrderState& state) {
  const uint64_t hash = configuration_hash(options, limits);
  const uint64_t before = state.configuration_hash;
  if (before == 0 || before == hash || options.allow_config_change) return {};
  if (CRASHWRIGHT_PLANTED("configuration_skew_ignored")) return {};
  char text[160];
  std::snprintf(text, sizeof text,
                "the configuration changed: the last run's hash is %016" PRIx64 ", this one's %016" PRIx64
                "; --allow-config-change goes on with it",
                before, hash);
  return stop(ExitCode::kRefused, text);
}

// What only the engine can write: that it started, with which settings, and what opening the log cut off.
Step announce_run(const EngineOptions& options, const RiskLimits& limits, OrderJournal& journal,
                  const AuditReadout& readout) {
  AuditRecord start{};
  start.type = AuditRecordType::kRunStart;
  start.quantity = readout.runs + 1;
  if (!journal.record(start)) return stop_sealed(journal.log());
  AuditRecord configuration{};
  configuration.type = AuditRecordType::kConfigurationHash;
  configuration.match_id = configuration_hash(options, limits);
  const uint64_t before = journal.state().configuration_hash;
  const bool changed = before != 0 && before != configuration.match_id;
  configuration.reason = static_cast<uint8_t>(changed ? ConfigurationChange::kAllowed : ConfigurationChange::kNone);
  if (changed) CRASHWRIGHT_LOG_WARN("the configuration changed, as --allow-config-change says it may");
  if (!journal.record(configuration)) return stop_sealed(journal.log());
  if (readout.torn_tail_bytes == 0) return {};
  AuditRecord torn{};
  torn.type = AuditRecordType::kTornTail;
  torn.match_id = readout.torn_tail_bytes;
  CRASHWRIGHT_LOG_WARN("audit log: a torn tail of {} bytes was cut ({})", readout.torn_tail_bytes,
                       readout.torn_tail_reason);
  if (!journal.record(torn)) return stop_sealed(journal.log());
  return {};
}

void print_summary(const TradingLoop& loop, const OrderState& state) {
  const uint64_t ns = loop.duration_ns() == 0 ? 1 : loop.duration_ns();
  const auto rate = static_cast<uint64_t>(static_cast<double>(loop.feed_messages()) * 1e9 / static_cast<double>(ns));
  std::printf("feed: %" PRIu64 " messages in %" PRIu64 " ms, %" PRIu64 " messages/s; orders: %" PRIu64
              " entered, %" PRIu64 " replaced, %" PRIu64 " cancelled\n",
              loop.feed_messages(), ns / 1'000'000, rate, state.entered, state.replaced, state.cancelled);
}

// The threads that live only while the session trades; the destructor ends and joins them whatever happened.
class SideThreads {
 public:
  SideThreads(FeedHandler& feed, OrderGateway& gateway, Watchdog& watchdog, EngineThread& self)
      : feed_(feed), gateway_(gateway), self_(self) {
    receiver_thread_ = std::thread([this, &watchdog] {
      EngineThread receiver("gateway_rx", &watchdog);
      gateway_.receive(receiver);
    });
    feed_thread_ = std::thread([this, &watchdog] {
      EngineThread feeder("feed", &watchdog);
      feed_.run(feeder);
    });
  }
  ~SideThreads() {
    feed_.request_stop();
    gateway_.finish();
    self_.begin_wait();
    feed_thread_.join();
    receiver_thread_.join();
    self_.end_wait();
  }
  SideThreads(const SideThreads&) = delete;
  SideThreads& operator=(const SideThreads&) = delete;

 private:
  FeedHandler& feed_;
  OrderGateway& gateway_;
  EngineThread& self_;
  std::thread receiver_thread_;
  std::thread feed_thread_;
};

Step trade(const EngineOptions& options, Recovery& recovery, AuditLog& log, CheckpointWriter& checkpoints,
           const AuditReadout& readout, Safeguards& safeguards, Watchdog& watchdog, EngineThread& self) {
  OrderJournal journal(log, recovery.orders());
  if (auto announced = announce_run(options, safeguards.limits, journal, readout); !announced) return announced;
  auto source = FeedSource::open(options.feed);
  if (!source) {
    const bool lacks = source.error().kind == ErrorKind::kEnvironment;
    return stop(lacks ? ExitCode::kEnvironment : ExitCode::kUsage, source.error().message);
  }
  FeedHandler feed(std::move(*source), options.feed_rate, journal.state().feed_sequence, options.tick_to_order,
                   &safeguards.inputs);
  OrderGateway gateway(options.exchange, journal, options.order_logging, options.tick_to_order, &safeguards.inputs);
  ExchangeFeedback feedback(gateway, journal, options);
  TradingLoop loop(
      options, {{gateway, feedback, journal, self}, recovery, checkpoints, feed, safeguards.inputs, safeguards.limits});
  {
    const SideThreads threads(feed, gateway, watchdog, self);
    if (auto finished = loop.run(); !finished) return finished;
  }
  const std::string json = final_state_json(journal.state(), loop.feed_messages());
  if (auto written = write_result(options, "final_state.json", json); !written) return written;
  print_summary(loop, journal.state());
  postmortem::control_block().engine.finished.store(1, std::memory_order_release);
  return {};
}

// What stands between an open log and the last order.
Step run_on_log(const EngineOptions& options, Recovery& recovery, AuditLog& log, const AuditReadout& readout,
                Safeguards& safeguards, Watchdog& watchdog, EngineThread& self) {
  if (auto replayed = replay(recovery, readout, self); !replayed) return replayed;
  if (auto same = check_configuration(options, safeguards.limits, recovery.orders().state()); !same) return same;
  auto checkpoints = open_checkpoints(options, recovery, readout);
  if (!checkpoints) return tl::unexpected(checkpoints.error());
  if (auto written = write_recovered_checkpoint(**checkpoints, recovery, recovery.orders().state()); !written) {
    return written;
  }
  return trade(options, recovery, log, **checkpoints, readout, safeguards, watchdog, self);
}

Step run_trading_thread(const EngineOptions& options, Watchdog& watchdog, EngineThread& self) {
  std::optional<Safeguards> safeguards;
  if (!options.recover_only) {
    const DeviceWait wait;
    safeguards.emplace(options);
    if (auto cleared = safeguards->clear(options); !cleared) return cleared;
  }
  Recovery recovery(options);
  if (auto loaded = recovery.load_snapshot(); !loaded) return loaded;
  if (options.recover_only) return recover_only(options, recovery, self);
  AuditReadout readout;
  auto log = open_log(options, recovery, watchdog, readout);
  if (!log) return tl::unexpected(log_reason(options, log.error()));
  auto traded = run_on_log(options, recovery, **log, readout, *safeguards, watchdog, self);
  if (!traded && traded.error().log_stalled) std::_Exit(static_cast<int>(report(traded.error())));
  if (!traded && traded.error().code == ExitCode::kExchangeLost) safeguards->inputs.out_of_our_hands();
  const DeviceWait wait;
  const auto closed = (*log)->close();
  if (!traded) return traded;
  if (!closed) return tl::unexpected(storage_reason("audit log", closed.error()));
  return {};
}

// Planted bug: a helper process of the engine that nobody ends.
void leave_a_child_behind() {
  if (::fork() != 0) return;
  ::setsid();
  for (;;) ::pause();
}

}  // namespace

ExitCode run_session(const EngineOptions& options) {
  if (CRASHWRIGHT_PLANTED("child_left_behind")) leave_a_child_behind();
  const auto lock = DataLock::acquire(options.lock_path());
  if (!lock && !CRASHWRIGHT_PLANTED("second_primary_let_in")) return report(lock.error());
  Watchdog watchdog({options.stall_after, {}});
  if (auto started = watchdog.start(); !started) return report({ExitCode::kEnvironment, started.error().message});
  Step result;
  std::thread trading([&] {
    EngineThread self("trading", &watchdog);
    result = run_trading_thread(options, watchdog, self);
  });
  trading.join();
  watchdog.stop();
  return result ? ExitCode::kFinished : report(result.error());
}

}  // namespace crashwright::mock_engine
