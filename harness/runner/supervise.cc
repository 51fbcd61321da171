#include "harness/runner/supervise.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

#include <csignal>

#include "base/clock.h"
#include "base/harness_bug.h"
#include "harness/runner/core_writer.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/proc_info.h"

namespace crashwright::harness {
namespace {

using postmortem::ArmedFault;
using postmortem::FaultAction;
using postmortem::FaultState;
using postmortem::FaultTrigger;
using postmortem::HarnessRequest;

constexpr int kTickMs = 1;
// Reading /proc and the sizes of files is not needed as often as the control block.
constexpr uint32_t kSlowTicks = 16;
// A function with a breakpoint is called again soon, and its caller waits for us each time.
constexpr uint32_t kQuickTicks = 200;
constexpr int kFamilyRounds = 20;  // of looking for processes that those just killed had started

class Supervisor {
 public:
  Supervisor(Child& child, const SupervisionOptions& options)
      : child_(child), options_(options), deadline_(options.deadline) {}

  Supervised run() {
    if (options_.outside != nullptr) {
      options_.outside->act_by([this](size_t plan_fault, int32_t tid) { do_outside_fault(plan_fault, tid); });
    }
    while (!ended_within_tick()) tick();
    result_.end = *child_.wait(std::chrono::seconds(1));
    confirm_kill();
    return result_;
  }

 private:
  // Waits for the next thing to do; true once the engine has ended.
  bool ended_within_tick() {
    pollfd waiting[2] = {{child_.pidfd(), POLLIN, 0}, {-1, POLLIN, 0}};
    if (options_.exchange != nullptr && !result_.exchange_ended) waiting[1].fd = options_.exchange->pidfd();
    if (::poll(waiting, 2, quick_ticks_ > 0 ? 0 : kTickMs) < 0) return false;
    if (waiting[1].revents != 0) result_.exchange_ended = true;
    return waiting[0].revents != 0;
  }

  void tick() {
    ++ticks_;
    if (quick_ticks_ > 0) --quick_ticks_;
    if (options_.tracer != nullptr && options_.tracer->serve() && options_.tracer->is_busy()) {
      quick_ticks_ = kQuickTicks;
    }
    if (core_tried_) reap_traced_threads(child_.pid());
    if (options_.channel != nullptr) {
      serve_request();
      if (options_.outside == nullptr) {
        do_timed_faults();
      } else {
        options_.outside->look(monotonic_ns() - child_.started_ns());
      }
    }
    if (stopping_) watch_stop();
    if (ticks_ % kSlowTicks == 0) look_around();
    if (interrupted()) kill("interrupt");
    if (deadline_.passed()) end_hung("deadline");
  }

  void look_around() {
    child_.bound_output();
    const auto stat = read_process_stat(child_.pid());
    if (stat && stat->state == 'T') result_.seen_stopped = true;
  }

  void serve_request() {
    postmortem::ControlBlock& block = options_.channel->block();
    const HarnessRequest request = block.harness_request.load(std::memory_order_acquire);
    if (request == HarnessRequest::kNone || stopping_) return;
    const uint32_t slot = block.harness_request_fault.load(std::memory_order_relaxed);
    ArmedFault* const fault = slot < block.fault_count ? &block.faults[slot] : nullptr;
    if (request == HarnessRequest::kStop) {
      stop(fault);  // answered once it has gone on
      return;
    }
    if (request == HarnessRequest::kKill) {
      killed_for_ = fault;
      kill("fault", fault != nullptr && fault->action == FaultAction::kSigterm ? SIGTERM : SIGKILL);
    } else if (request == HarnessRequest::kSecondPrimary) {
      start_second_primary(fault);
    } else {
      disconnect_exchange();
    }
    // Cleared after the signal is out: whoever waits for the answer never finds the engine alive.
    block.harness_request.store(HarnessRequest::kNone, std::memory_order_release);
  }

  void do_timed_faults() {
    postmortem::ControlBlock& block = options_.channel->block();
    const uint64_t attached_ns = block.attached_ns.load(std::memory_order_relaxed);
    if (attached_ns == 0) return;
    for (uint32_t slot = 0; slot < block.fault_count; ++slot) {
      ArmedFault& fault = block.faults[slot];
      if (!fault.point.empty() || fault.state.load(std::memory_order_relaxed) != FaultState::kArmed) continue;
      if (fault.incarnation != postmortem::kAnyIncarnation && fault.incarnation != options_.incarnation) continue;
      const bool due = fault.trigger == FaultTrigger::kElapsed
                           ? monotonic_ns() - attached_ns >= fault.elapsed_ns
                           : fault.trigger == FaultTrigger::kFeedSequence &&
                                 block.engine.feed_applied.load(std::memory_order_relaxed) >= fault.feed_sequence;
      if (due) do_timed_fault(fault);
    }
  }

  // One of the control block's, or one that it knows nothing of.
  void do_outside_fault(size_t plan_fault, int32_t tid) {
    ArmedFault* const armed = options_.channel->armed(plan_fault);
    if (armed == nullptr) {
      options_.outside->perform(plan_fault, child_.pid(), tid);
      const auto refusal = refusal_of(options_.plan->faults.at(plan_fault).limit);
      if (refusal && options_.tracer != nullptr) options_.tracer->watch_for(*refusal);
    } else if (armed->state.load() == FaultState::kArmed) {
      do_timed_fault(*armed);
    }
  }

  // A kill goes out before it is told: the storage layer, told that the power is gone, lets nobody go on from there.
  void do_timed_fault(ArmedFault& fault) {
    fault.fired_feed_sequence.store(options_.channel->block().engine.feed_applied.load());
    fault.fired_ns.store(monotonic_ns());
    if (fault.action == FaultAction::kSigkill || fault.action == FaultAction::kSigterm ||
        fault.action == FaultAction::kPowerLoss) {
      killed_for_ = &fault;
      kill("fault", fault.action == FaultAction::kSigterm ? SIGTERM : SIGKILL);
    }
    fault.state.store(FaultState::kFired);
    if (fault.action == FaultAction::kSigstop) {
      stop(&fault);
    } else if (fault.action == FaultAction::kExchangeDisconnect) {
      disconnect_exchange();
    }
  }

  void disconnect_exchange() {
    if (options_.exchange != nullptr) options_.exchange->send_signal(SIGUSR1);
    options_.note("the exchange drops the connection");
  }

  void start_second_primary(ArmedFault* fault) {
    if (fault == nullptr || !options_.start_second_primary) return;
    const int64_t wait_status = options_.start_second_primary();
    fault->confirmed_detail.store(wait_status);
    confirm(*fault, monotonic_ns());
    options_.note("a second engine on the same data folder ended with " +
                  describe_wait_status(static_cast<int32_t>(wait_status)));
  }

  void stop(ArmedFault* fault) {
    stopping_ = true;
    stopped_for_ = fault;
    child_.send_signal(SIGSTOP);
  }

  // A stop in three steps: asked for, seen in /proc, over.
  void watch_stop() {
    if (stopped_ns_ == 0) {
      const auto stat = read_process_stat(child_.pid());
      // A traced process shows its stop as 't'.
      if (!stat || (stat->state != 'T' && !(options_.tracer != nullptr && stat->state == 't'))) return;
      stopped_ns_ = monotonic_ns();
      result_.seen_stopped = true;
      options_.note("the engine is stopped");
      if (stopped_for_ != nullptr) confirm(*stopped_for_, stopped_ns_);
    }
    const uint64_t pause_ns = stopped_for_ == nullptr ? 0 : static_cast<uint64_t>(stopped_for_->args[0]);
    if (pause_ns == 0) {
      // For good: nobody would ever wake it, so it is treated as the hang it is.
      end_hung("fault");
    } else if (monotonic_ns() - stopped_ns_ >= pause_ns) {
      child_.send_signal(SIGCONT);
      options_.channel->block().harness_request.store(HarnessRequest::kNone, std::memory_order_release);
      stopping_ = false;
      stopped_ns_ = 0;
      options_.note("the engine goes on");
    }
  }

  void end_hung(const char* reason) {
    if (!result_.kill_reason.empty()) return;
    if (!options_.folder.empty() && !core_tried_) {
      if (options_.tracer != nullptr) options_.tracer->let_go();
      core_tried_ = true;
      const std::string path = options_.folder + "/core." + std::to_string(child_.pid());
      if (const auto written = write_core_from_outside(child_.pid(), path); written) {
        result_.outside_core = path;
      } else {
        result_.outside_core_failed = written.error().message;
      }
    }
    kill(reason);
  }

  void kill(const char* reason, int signal_number = SIGKILL) {
    if (!result_.kill_reason.empty() && !(signal_number == SIGKILL && result_.kill_signal != SIGKILL)) return;
    if (!child_.send_signal(signal_number)) return;
    if (signal_number == SIGKILL && !options_.mark.empty()) kill_what_it_started();
    result_.kill_reason = reason;
    result_.kill_signal = signal_number;
  }

  // An engine behind a shell, or one that forks: what is left of it would write on, under the recovery and its judges.
  void kill_what_it_started() {
    for (int round = 0; round < kFamilyRounds; ++round) {
      bool found = false;
      for (const ProcessStat& process : find_marked_processes(options_.mark)) {
        if (process.pid == child_.pid()) continue;
        found = true;
        ::kill(process.pid, SIGKILL);
        if (round == 0)
          options_.note(fmt::format("{} (pid {}) of the engine is killed with it", process.name, process.pid));
      }
      if (!found) return;
    }
  }

  void confirm(ArmedFault& fault, uint64_t now_ns) {
    FaultState fired = FaultState::kFired;
    if (fault.state.compare_exchange_strong(fired, FaultState::kConfirmed)) fault.confirmed_ns.store(now_ns);
  }

  void confirm_kill() {
    const bool by_ours = result_.end.by_signal() && WTERMSIG(result_.end.wait_status) == result_.kill_signal;
    // It died of something else before our signal arrived.
    if (!by_ours) result_.kill_reason.clear();
    if (by_ours && killed_for_ != nullptr) confirm(*killed_for_, result_.end.ended_ns);
    if (options_.tracer != nullptr && !core_tried_) {
      result_.outside_core = options_.tracer->core_path();
      result_.outside_core_failed = options_.tracer->failure();
    }
  }

  Child& child_;
  const SupervisionOptions& options_;
  Deadline deadline_;
  Supervised result_;
  uint32_t ticks_ = 0;
  uint32_t quick_ticks_ = 0;
  ArmedFault* killed_for_ = nullptr;
  ArmedFault* stopped_for_ = nullptr;
  bool stopping_ = false;
  bool core_tried_ = false;
  uint64_t stopped_ns_ = 0;
};

}  // namespace

Supervised supervise(Child& child, const SupervisionOptions& options) { return Supervisor(child, options).run(); }

void record_end(const Child& child, const Supervised& seen, rca::ProcessFacts& facts) {
  facts.pid = child.pid();
  facts.started_ns = child.started_ns();
  facts.ended_ns = seen.end.ended_ns;
  facts.wait_status = seen.end.wait_status;
  facts.seen_stopped = seen.seen_stopped;
  facts.cpu_time_ns = seen.end.cpu_time_ns;
  facts.max_rss_bytes = seen.end.max_rss_bytes;
  facts.address_space_limit_bytes = seen.end.address_space_limit_bytes;
  if (seen.kill_reason.empty() || harness_bug_active("killer_forgotten")) return;
  facts.killed_by = "harness";
  facts.kill_reason = seen.kill_reason;
  facts.kill_signal = seen.kill_signal;
}

}  // namespace crashwright::harness
