#include "harness/runner/engine_start.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>
#include <thread>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "harness/runner/aftermath.h"
#include "harness/runner/engine_variables.h"
#include "harness/runner/fault_absence.h"
#include "harness/runner/files.h"
#include "harness/runner/nearest_file.h"
#include "harness/runner/outside_triggers.h"
#include "harness/runner/proc_info.h"
#include "harness/runner/supervise.h"
#include "rca/build_id.h"

namespace crashwright::harness {
namespace {

// Its output is read while it grows, and must not be cut before.
constexpr uint64_t kOutputBytesMax = 1ULL << 30;
constexpr std::chrono::milliseconds kGrace{200};  // of processes whose engine has just ended
constexpr std::chrono::milliseconds kGraceTick{2};
constexpr std::chrono::seconds kEndPatience{2};  // of processes just killed

class Start {
 public:
  Start(CaseContext& context, const EngineStart& start, std::vector<std::string>& acknowledged)
      : context_(context),
        start_(start),
        acknowledged_(acknowledged),
        name_(fmt::format("inc{}", start.number)),
        folder_(context.folder + "/" + name_),
        triggers_(context.plan, start.number, folder_) {}

  Status run() {
    if (auto made = make_folder(folder_); !made) return made;
    context_.channel->begin(start_.number);
    if (auto spawned = spawn(); !spawned) return spawned;
    const uint64_t oom_kills_before = context_.cgroup ? context_.cgroup->oom_kills() : 0;
    const Supervised seen = watch();
    end_what_ran_on();
    triggers_.read_rest();
    acknowledged_.insert(acknowledged_.end(), triggers_.acknowledged().begin(), triggers_.acknowledged().end());
    rca::ProcessFacts facts = facts_of(seen);
    if (context_.cgroup) {
      facts.oom_kills = context_.cgroup->oom_kills() - oom_kills_before;
      facts.cgroup_memory_limit_bytes = context_.plan.cgroup_memory_limit_bytes;
    }
    conclude_faults(facts);
    if (auto dumped = context_.channel->dump(context_.folder + "/" + facts.control_dump); !dumped) return dumped;
    context_.facts.processes.push_back(facts);
    tell(facts);
    return {};
  }

 private:
  Status spawn() {
    acks_fd_ = UniqueFd(::open((folder_ + "/acknowledged.txt").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644));
    if (!acks_fd_) return fail_errno(errno, folder_ + "/acknowledged.txt");
    ChildOptions options;
    options.argv = start_.argv;
    options.working_folder = context_.data->path();
    options.stdout_path = folder_ + "/stdout.txt";
    options.stderr_path = folder_ + "/stderr.txt";
    options.output_bytes_max = kOutputBytesMax;
    options.environment = engine_variables(context_, folder_, start_.number);
    options.environment.push_back(fmt::format("CRASHWRIGHT_ACK_FD={}", acks_fd_.get()));
    options.environment.push_back(context_.channel->environment_entry());
    options.inherited_fds = {acks_fd_.get(), context_.channel->fd()};
    if (context_.cgroup) options.cgroup_procs = context_.cgroup->procs_path();
    // Its working folder is its data, where no core may land: the tracer takes it.
    options.kernel_core = false;
    options.before_exec = [this](int32_t pid) -> Status {
      auto attached = CrashTracer::attach(pid, fmt::format("{}/core.{}", folder_, pid), triggers_.breakpoints(),
                                          triggers_.refusal_from_the_start());
      if (!attached) return tl::unexpected(attached.error());
      tracer_ = std::move(*attached);
      for (const size_t fault : triggers_.begin(pid)) arm_from_the_start(fault);
      return {};
    };
    auto child = Child::spawn(options);
    if (!child) return tl::unexpected(child.error());
    child_ = std::move(*child);
    return context_.run.ledger.add_process(child_->pid(), child_->start_time(), "engine");
  }

  // The storage layer lets the next matching operation meet it.
  void arm_from_the_start(size_t plan_fault) {
    postmortem::ArmedFault* const armed = context_.channel->armed(plan_fault);
    if (armed == nullptr || armed->state.load() != postmortem::FaultState::kArmed) return;
    armed->fired_ns.store(monotonic_ns());
    armed->state.store(postmortem::FaultState::kFired);
  }

  Supervised watch() {
    SupervisionOptions options;
    options.channel = context_.channel.get();
    options.plan = &context_.plan;
    options.incarnation = start_.number;
    // A hang must leave time for the starts after it.
    const auto left = context_.deadline.remaining();
    options.deadline = start_.last ? left : left / 2;
    options.mark = context_.mark;
    options.folder = folder_;
    options.tracer = tracer_.get();
    options.outside = &triggers_;
    options.note = [this](const std::string& text) { context_.note(text); };
    return supervise(*child_, options);
  }

  // What the engine had started and what outlives it would write on, under the recovery and its judges.
  void end_what_ran_on() {
    const Deadline grace(kGrace);
    std::vector<ProcessStat> found;
    while (!(found = find_marked_processes(context_.mark)).empty() && !grace.passed()) {
      std::this_thread::sleep_for(kGraceTick);
    }
    for (const ProcessStat& process : found) {
      context_.facts.leftovers.push_back(
          fmt::format("process {} ({}) of the engine, which ran on when that had ended", process.pid, process.name));
      ::kill(process.pid, SIGKILL);
    }
    const Deadline end(kEndPatience);
    while (!found.empty() && !find_marked_processes(context_.mark).empty() && !end.passed()) {
      std::this_thread::sleep_for(kGraceTick);
    }
  }

  rca::ProcessFacts facts_of(const Supervised& seen) const {
    rca::ProcessFacts facts;
    facts.role = "engine";
    facts.incarnation = start_.number;
    facts.folder = name_;
    facts.argv = start_.argv;
    facts.build = build_name(context_.plan.build);
    facts.build_id = rca::build_id_of_file(start_.argv.front());
    record_end(*child_, seen, facts);
    facts.finished = seen.end.exited_with(0);
    facts.control_dump = name_ + "/control.bin";
    record_core(seen, facts);
    return facts;
  }

  void record_core(const Supervised& seen, rca::ProcessFacts& facts) const {
    if (!seen.outside_core.empty()) {
      facts.core_way = "outside";
      facts.core_path = name_ + seen.outside_core.substr(seen.outside_core.rfind('/'));
    } else if (!seen.outside_core_failed.empty()) {
      facts.core_absent_because = seen.outside_core_failed;
    } else {
      facts.core_absent_because = WIFSIGNALED(facts.wait_status) ? "this ending leaves none" : "it ended by itself";
    }
  }

  // Faults of the control block are followed by the observer; what was done from outside is told to it here.
  void conclude_faults(rca::ProcessFacts& facts) {
    for (size_t i = 0; i < context_.plan.faults.size(); ++i) {
      const FaultPlan& fault = context_.plan.faults[i];
      if (fault.outside == OutsideAction::kNothing || fault.incarnation != start_.number) continue;
      const OutsideFaultDone& done = triggers_.done(i);
      if (done.fired_ns == 0) continue;
      const bool by_signal = fault.outside == OutsideAction::kSignal && WIFSIGNALED(facts.wait_status) &&
                             WTERMSIG(facts.wait_status) == fault.signal_number;
      if (by_signal) {
        facts.killed_by = "harness";
        facts.kill_reason = "fault";
        facts.kill_signal = fault.signal_number;
      }
      const std::string proof = proof_of_outside_fault(fault, done, facts, tracer_->limit_reached());
      context_.observer->done_outside(i, start_.number, done.fired_ns, proof);
    }
    context_.observer->after_incarnation(facts);
    explain_faults(facts);
  }

  // What was seen instead of those that did not happen. Of one that waited for an operation the observer has told how
  // many came; of a file that is not there none does.
  void explain_faults(const rca::ProcessFacts& facts) {
    const SeenStart seen{facts, context_.channel->block(), triggers_, tracer_->breakpoints()};
    for (size_t i = 0; i < context_.plan.faults.size(); ++i) {
      const FaultPlan& fault = context_.plan.faults[i];
      const rca::InjectedFaultFact& fact = context_.observer->facts()[i];
      if (fault.incarnation != start_.number || fact.state == "confirmed") continue;
      if (fact.state == "fired") {
        context_.observer->explain(i, why_without_effect(fault, facts));
      } else if (!triggers_.is_due(i)) {
        context_.observer->explain(i, why_never_fired(i, fault, seen));
      } else if (fault.waits_in_storage() && context_.channel->armed(i)->fired_hit.load() == 0) {
        const std::string missing = no_such_file(fault.file, context_.data->path());
        if (!missing.empty()) context_.observer->explain(i, fmt::format("{}; {}", fact.confirmed_by, missing));
      }
    }
  }

  void tell(const rca::ProcessFacts& facts) const {
    for (const TracedBreakpoint& breakpoint : tracer_->breakpoints()) {
      context_.note(breakpoint.failure.empty()
                        ? fmt::format("{} was called {} times", breakpoint.at.function(), breakpoint.at.calls())
                        : breakpoint.failure);
    }
    context_.note(fmt::format("engine {} (pid {}) ended, {}{}", start_.number, facts.pid,
                              describe_wait_status(facts.wait_status),
                              facts.killed_by.empty() ? "" : " sent by the harness (" + facts.kill_reason + ")"));
  }

  CaseContext& context_;
  const EngineStart& start_;
  std::vector<std::string>& acknowledged_;
  std::string name_;
  std::string folder_;
  OutsideTriggers triggers_;
  UniqueFd acks_fd_;
  std::unique_ptr<Child> child_;
  std::unique_ptr<CrashTracer> tracer_;  // goes first
};

}  // namespace

Status run_engine_start(CaseContext& context, const EngineStart& start, std::vector<std::string>& acknowledged) {
  if (auto lived = Start(context, start, acknowledged).run(); !lived) return lived;
  const rca::ProcessFacts& facts = context.facts.processes.back();
  if (facts.finished) return {};
  const uint64_t fired_ns = context.observer->fatal_ns(start.number);
  if (context.fault_ns == 0) context.fault_ns = fired_ns != 0 ? fired_ns : facts.ended_ns;
  // No copy is kept of what an earlier death left, and nobody has another session's.
  return apply_aftermath(context, start.number, {context.folder + "/none", context.folder + "/none"});
}

}  // namespace crashwright::harness
