#include "harness/runner/fault_observer.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "harness/runner/fault_absence.h"
#include "harness/runner/passages.h"
#include "harness/runner/process.h"

namespace crashwright::harness {
namespace {

using postmortem::ArmedFault;
using postmortem::FaultAction;
using postmortem::FaultState;

constexpr double kNsPerSecond = 1e9;

int ending_signal(const rca::ProcessFacts& process) {
  return WIFSIGNALED(process.wait_status) ? WTERMSIG(process.wait_status) : 0;
}

std::string wait_status(const rca::ProcessFacts& process) {
  return "wait status " + describe_wait_status(process.wait_status);
}

// The thread hung: the watchdog named it and took the process down, or it hung until its time was over.
std::string proof_of_hang(const Observed& observed) {
  const rca::ProcessFacts& process = *observed.process;
  if (process.kill_reason == "deadline") return "it hung until the deadline";
  if (observed.watchdog_stalled_tid == 0 || ending_signal(process) == 0) return {};
  return wait_status(process) + ", the watchdog named thread " + std::to_string(observed.watchdog_stalled_tid);
}

// A deadly signal that nobody outside sent.
std::string proof_of_crash(const Observed& observed) {
  const rca::ProcessFacts& process = *observed.process;
  const int number = ending_signal(process);
  if (number == 0 || number == SIGKILL || !process.killed_by.empty()) return {};
  return wait_status(process);
}

// Committed by the engine's own thread, and seen only by the way the process ended. The last shot of a poison that the
// engine has learnt to leave out kills nobody.
bool is_fatal(const FaultPlan& fault) {
  return postmortem::crashes_by_itself(fault.action) || fault.action == FaultAction::kCgroupOom ||
         (fault.action == FaultAction::kPoisonMessage && fault.ends_process);
}

// Somebody confirmed it in the control block.
std::string proof_in_block(const ArmedFault& armed) {
  const int64_t detail = armed.confirmed_detail.load();
  switch (armed.action) {
    case FaultAction::kTornWrite:
      return "storage layer: " + std::to_string(detail) + " bytes of the write were kept, and it was never answered";
    case FaultAction::kShortWrite:
      return "storage layer: " + std::to_string(detail) + " bytes of the write were kept, and so it was answered";
    case FaultAction::kEnospc:
    case FaultAction::kEioFsync:
    case FaultAction::kStaleRead:
    case FaultAction::kEioWrite:
    case FaultAction::kReadOnly:
    case FaultAction::kNoInodes:
      return "storage layer: answered with errno " + std::to_string(detail);
    case FaultAction::kLostWrite:
      return "storage layer: " + std::to_string(detail) + " bytes were withheld";
    case FaultAction::kReorderedWrite:
      return "storage layer: " + std::to_string(detail) + " bytes were held back over a sync";
    case FaultAction::kMisdirectedWrite:
      return "storage layer: the write went to offset " + std::to_string(detail);
    case FaultAction::kFlippedWrite:
      return "storage layer: a bit of byte " + std::to_string(detail) + " of the write was changed";
    case FaultAction::kSlowFsync:
      return "storage layer: the sync took " + std::to_string(detail / 1'000'000) + " ms more";
    case FaultAction::kDescriptorExhaustion:
    case FaultAction::kThreadExhaustion:
    case FaultAction::kFileSizeLimit:
      return "the kernel refused with errno " + std::to_string(detail);
    case FaultAction::kSlowThread:
      return "the thread slept for " + std::to_string(detail / 1'000'000) + " ms";
    case FaultAction::kWallClockStep:
      return "the wall clock of the engine stepped by " + std::to_string(detail / 1'000'000) + " ms";
    case FaultAction::kFeedGap:
      return "message " + std::to_string(detail) + " of the feed did not arrive";
    case FaultAction::kMalformedMessage:
      return "message " + std::to_string(detail) + " of the feed arrived malformed";
    case FaultAction::kPoisonMessage:
      return "the engine left message " + std::to_string(detail) + " out";
    default:
      return "storage layer";
  }
}

}  // namespace

std::string proof_of(const FaultPlan& fault, const Observed& observed) {
  const rca::ProcessFacts& process = *observed.process;
  switch (fault.action) {
    case FaultAction::kCgroupOom:
      if (process.oom_kills == 0 || ending_signal(process) != SIGKILL) return {};
      return wait_status(process) + ", the cgroup counts " + std::to_string(process.oom_kills) + " OOM kill";
    case FaultAction::kLockOrderDeadlock:
    case FaultAction::kStalledThread:
    case FaultAction::kLivelock:
    case FaultAction::kSelfDeadlock:
    case FaultAction::kLostWakeup:
      return proof_of_hang(observed);
    case FaultAction::kCrashInHandler: {
      const std::string crash = proof_of_crash(observed);
      if (crash.empty() || observed.nested_faults == 0) return {};
      return crash + ", " + std::to_string(observed.nested_faults) + " fault inside the handler";
    }
    case FaultAction::kSigkill:
    case FaultAction::kPowerLoss:
      if (ending_signal(process) != SIGKILL || process.kill_reason != "fault") return {};
      return wait_status(process) + ", sent by the harness";
    case FaultAction::kSigterm:
      if (ending_signal(process) != SIGTERM || process.kill_reason != "fault") return {};
      return wait_status(process) + ", sent by the harness";
    case FaultAction::kSigstop:
      return process.seen_stopped ? "state T in /proc" : "";
    case FaultAction::kNone:
    case FaultAction::kExchangeDisconnect:
    case FaultAction::kTornWrite:
    case FaultAction::kShortWrite:
    case FaultAction::kEnospc:
    case FaultAction::kEioFsync:
      return {};  // somebody else is the witness
    case FaultAction::kPoisonMessage:
      return fault.ends_process ? proof_of_crash(observed) : std::string();
    default:
      return postmortem::crashes_by_itself(fault.action) ? proof_of_crash(observed) : std::string();
  }
}

FaultObserver::FaultObserver(const Plan& plan, const ControlChannel& channel) : plan_(plan), channel_(channel) {
  for (const FaultPlan& fault : plan.faults) {
    rca::InjectedFaultFact fact;
    fact.kind = fault.kind;
    fact.point = fault.point;
    fact.file = fault.file;
    fact.state = "armed";
    fact.incarnation = fault.incarnation;
    facts_.push_back(fact);
  }
}

std::optional<size_t> FaultObserver::last_fatal_fault() const {
  std::optional<size_t> last;
  uint64_t last_ns = 0;
  for (size_t i = 0; i < facts_.size(); ++i) {
    const ArmedFault* const armed = channel_.armed(i);
    if (armed == nullptr || !is_fatal(plan_.faults[i]) || armed->state.load() != FaultState::kFired) continue;
    if (armed->fired_ns.load() < last_ns) continue;
    last_ns = armed->fired_ns.load();
    last = i;
  }
  return last;
}

void FaultObserver::after_incarnation(const rca::ProcessFacts& process) {
  const postmortem::HandlerWitness& handler = channel_.block().handler;
  const Observed observed{&process, handler.nested_faults.load(), handler.watchdog_stalled_tid.load()};
  const std::optional<size_t> killer = last_fatal_fault();
  for (size_t i = 0; i < facts_.size(); ++i) {
    ArmedFault* const armed = channel_.armed(i);
    rca::InjectedFaultFact& fact = facts_[i];
    if (armed == nullptr || fact.state == "confirmed") continue;
    if (met_nothing(i, process)) continue;
    const FaultState state = armed->state.load();
    if (state != FaultState::kFired && state != FaultState::kConfirmed) {
      note_passages(fact, armed->trigger == postmortem::FaultTrigger::kElapsed, process);
      continue;
    }
    if (fact.state == "armed") {
      fact.state = "fired";
      fact.confirmed_by.clear();
      fact.incarnation = process.incarnation;
      fact.fired_ns = armed->fired_ns.load();
    }
    // A later incarnation's death is the effect of another fault, and one death proves one fatal fault only.
    const bool its_own = fact.incarnation == process.incarnation && (!is_fatal(plan_.faults[i]) || killer == i);
    std::string proof = its_own ? proof_of(plan_.faults[i], observed) : std::string();
    if (proof.empty() && state == FaultState::kConfirmed) proof = proof_in_block(*armed);
    if (proof.empty()) continue;
    if (armed->trigger == postmortem::FaultTrigger::kLast && fact.incarnation == process.incarnation &&
        !was_last_passage(*armed, fact.confirmed_by)) {
      continue;
    }
    fact.state = "confirmed";
    fact.confirmed_by = proof;
    if (state == FaultState::kFired) {
      armed->confirmed_ns.store(monotonic_ns());
      armed->state.store(FaultState::kConfirmed);
    }
  }
}

// A storage fault whose operation did not come while the start lived: nobody after it is to meet it.
bool FaultObserver::met_nothing(size_t plan_fault, const rca::ProcessFacts& process) {
  const FaultPlan& fault = plan_.faults[plan_fault];
  ArmedFault* const armed = channel_.armed(plan_fault);
  if (!fault.waits_in_storage() || fault.incarnation != process.incarnation) return false;
  const uint64_t seen = armed->fired_hit.load();
  if (armed->state.load() != FaultState::kFired || seen >= armed->hit) return false;
  armed->state.store(FaultState::kArmed);
  facts_[plan_fault].confirmed_by = operations_in_words(fault, seen);
  return true;
}

// A fault that waits for a later passage than this start had: how many there were is what people ask next.
// Likewise how long the start lived, of a fault that waits for a time.
void FaultObserver::note_passages(rca::InjectedFaultFact& fact, bool timed, const rca::ProcessFacts& process) const {
  const uint32_t incarnation = process.incarnation;
  if (fact.incarnation != incarnation) return;
  if (timed) {
    fact.confirmed_by = fmt::format("start {} of the engine ended after {:.1f} s", incarnation,
                                    static_cast<double>(process.ended_ns - process.started_ns) / kNsPerSecond);
    return;
  }
  if (fact.point.empty()) return;
  const auto passages = passages_of(channel_.block());
  const auto passed = passages.find(fact.point);
  const uint64_t count = passed == passages.end() ? 0 : passed->second;
  fact.confirmed_by = "passed " + std::to_string(count) + (count == 1 ? " time" : " times") + " in start " +
                      std::to_string(incarnation) + " of the engine";
}

// Nothing passed the point again, and no record was on its way but that of the last checkpoint.
bool FaultObserver::was_last_passage(const ArmedFault& armed, std::string& why_not) const {
  const postmortem::ControlBlock& block = channel_.block();
  const uint64_t fired = armed.fired_hit.load();
  const uint64_t passed = passages_of(block)[std::string(armed.point.view())];
  const uint64_t under_way = block.engine.audit_appended.load() - block.engine.audit_durable.load();
  const bool last = passed == fired && under_way <= 1;
  if (!last) {
    why_not = "it was passage " + std::to_string(fired) + " of " + std::to_string(passed) + ", with " +
              std::to_string(under_way) + " records under way: not the last";
  }
  return last;
}

void FaultObserver::done_at_rest(size_t plan_fault, uint32_t incarnation, const std::string& what) {
  rca::InjectedFaultFact& fact = facts_.at(plan_fault);
  fact.state = "confirmed";
  fact.confirmed_by = what;
  fact.incarnation = incarnation;
  fact.fired_ns = monotonic_ns();
}

void FaultObserver::done_outside(size_t plan_fault, uint32_t incarnation, uint64_t fired_ns, const std::string& proof) {
  rca::InjectedFaultFact& fact = facts_.at(plan_fault);
  fact.state = proof.empty() ? "fired" : "confirmed";
  fact.confirmed_by = proof;
  fact.incarnation = incarnation;
  fact.fired_ns = fired_ns;
}

void FaultObserver::explain(size_t plan_fault, const std::string& seen) {
  rca::InjectedFaultFact& fact = facts_.at(plan_fault);
  if (fact.state != "confirmed" && !seen.empty()) fact.confirmed_by = seen;
}

void FaultObserver::after_exchange(const std::string& exchange_json) {
  const auto report = nlohmann::json::parse(exchange_json, nullptr, false);
  if (report.is_discarded() || !report.is_object()) return;
  const auto disconnects = report.find("disconnects");
  if (disconnects == report.end() || !disconnects->is_object()) return;
  const auto by_signal = disconnects->find("signal");
  if (by_signal == disconnects->end() || !by_signal->is_number_unsigned() || by_signal->get<uint64_t>() == 0) return;
  for (size_t i = 0; i < facts_.size(); ++i) {
    if (plan_.faults[i].action != FaultAction::kExchangeDisconnect || facts_[i].state != "fired") continue;
    facts_[i].state = "confirmed";
    facts_[i].confirmed_by =
        "the exchange counts " + std::to_string(by_signal->get<uint64_t>()) + " dropped connection";
  }
}

bool FaultObserver::fired_in(uint32_t incarnation, FaultAction action) const {
  for (size_t i = 0; i < facts_.size(); ++i) {
    if (plan_.faults[i].action == action && facts_[i].state != "armed" && facts_[i].incarnation == incarnation) {
      return true;
    }
  }
  return false;
}

uint64_t FaultObserver::fatal_ns(uint32_t incarnation) const {
  for (size_t i = 0; i < facts_.size(); ++i) {
    if (plan_.faults[i].ends_process && facts_[i].state != "armed" && facts_[i].incarnation == incarnation) {
      return facts_[i].fired_ns;
    }
  }
  return 0;
}

}  // namespace crashwright::harness
