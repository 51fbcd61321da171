// Promise: the crash handler finished, in its budget, whatever was broken, and left a complete record; a hang was named
// by the watchdog and turned into a death. Witness: the control block's times, the wait status.
#include <algorithm>

#include "postmortem/crash_record_reader.h"
#include "verifiers/control_dump.h"
#include "verifiers/deaths.h"
#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

constexpr uint64_t kDefaultBudgetMs = 2'000;
constexpr uint64_t kNsPerMs = 1'000'000;

struct Judged {
  size_t deaths = 0;
  uint64_t slowest_ns = 0;
};

void check_times(const postmortem::HandlerWitness& witness, uint64_t budget_ms, const std::string& where,
                 Judged& judged, Findings& findings) {
  const uint64_t entered_ns = witness.entered_ns.load();
  const uint64_t finished_ns = witness.finished_ns.load();
  if (entered_ns == 0) {
    findings.fail(where + ": the crash handler never ran");
    return;
  }
  if (finished_ns == 0) {
    findings.fail(where + ": the crash handler never finished, it got to stage " +
                  std::to_string(witness.last_stage.load()));
    return;
  }
  const uint64_t took_ns = finished_ns - entered_ns;
  judged.slowest_ns = std::max(judged.slowest_ns, took_ns);
  if (took_ns > budget_ms * kNsPerMs) {
    findings.fail(where + ": the crash handler took " + std::to_string(took_ns / kNsPerMs) + " ms, the budget is " +
                  std::to_string(budget_ms) + " ms");
  }
}

// Born while the handler was already at work: the record may have it or not.
bool born_too_late(const postmortem::ThreadWitness& thread, const postmortem::ControlBlock& block) {
  const uint64_t registered_ns = thread.registered_ns.load();
  return registered_ns == 0 || registered_ns > block.handler.entered_ns.load();
}

// Every thread that was alive is in the record with registers and frames, and the recorder's position is there.
void check_threads(const postmortem::CrashRecord& record, const postmortem::ControlBlock& block,
                   const std::string& where, Findings& findings) {
  if (record.version < 2) return;  // such a record has none
  if (record.stack.bytes.empty()) findings.fail(where + ": the crash record has no stack of the thread that died");
  for (const postmortem::ThreadWitness& thread : block.threads) {
    const uint32_t tid = thread.tid.load();
    if (tid == 0 || thread.ended.load() != 0 || born_too_late(thread, block)) continue;
    const std::string name = "thread " + std::string(thread.name.view()) + " (" + std::to_string(tid) + ")";
    const auto& positions = record.recorder_positions;
    if (std::none_of(positions.begin(), positions.end(), [&](const auto& position) { return position.tid == tid; })) {
      findings.fail(where + ": the crash record does not say how far the log of " + name + " had come");
    }
    if (tid == record.tid) continue;
    const auto other = std::find_if(record.threads.begin(), record.threads.end(),
                                    [&](const postmortem::CrashThread& entry) { return entry.tid == tid; });
    if (other == record.threads.end()) {
      findings.fail(where + ": " + name + " is not in the crash record");
    } else if (other->state == postmortem::CrashThreadState::kSilent || other->backtrace.empty()) {
      findings.fail(where + ": the crash record has no registers of " + name);
    }
  }
}

// What the program said when it died by itself.
void check_message(const postmortem::CrashRecord& record, const postmortem::ArmedFault* fault, const std::string& where,
                   Findings& findings) {
  using postmortem::FaultAction;
  if (fault == nullptr) return;
  const bool lost = (fault->action == FaultAction::kAssert && record.abort_message.empty()) ||
                    (fault->action == FaultAction::kUncaughtException && record.exception_type.empty());
  if (lost) {
    findings.fail(where + ": the crash record does not hold the message that the program died with");
  }
}

void check_record(const CaseView& view, const rca::ProcessFacts& death, const postmortem::ControlBlock& block,
                  const std::string& where, Findings& findings) {
  const auto record =
      postmortem::read_crash_record(view.path(death.folder + "/crash-" + std::to_string(death.pid) + ".rec"));
  if (!record) {
    findings.fail(where + ": no crash record: " + record.error().message);
    return;
  }
  if (!record->crashed || !record->complete) {
    findings.fail(where + ": the crash record is " + (record->crashed ? "incomplete" : "empty") +
                  (record->notes.empty() ? "" : ": " + record->notes.front()));
    return;
  }
  if (record->pid != static_cast<uint32_t>(death.pid)) {
    findings.fail(where + ": the crash record is of process " + std::to_string(record->pid));
  }
  if (record->signal != ending_signal(death)) {
    findings.fail(where + ": the crash record says signal " + std::to_string(record->signal) + ", the kernel " +
                  describe_ending(death));
  }
  if (record->backtrace.empty()) findings.fail(where + ": the crash record has no backtrace");
  if (record->modules.empty()) findings.fail(where + ": the crash record has no modules");
  check_message(*record, fired_fault(block, death.incarnation), where, findings);
  check_threads(*record, block, where, findings);
}

void check_watchdog(const postmortem::ControlBlock& block, const postmortem::ArmedFault& fault,
                    const std::string& where, Findings& findings) {
  const uint32_t named = block.handler.watchdog_stalled_tid.load();
  if (named == 0) {
    findings.fail(where + ": a thread hung and the watchdog did not act");
  } else if (named != fault.fired_tid.load()) {
    findings.fail(where + ": the watchdog named thread " + std::to_string(named) + ", thread " +
                  std::to_string(fault.fired_tid.load()) + " hung");
  }
}

void judge_death(const CaseView& view, const rca::ProcessFacts& death, Judged& judged, Findings& findings) {
  const std::string where = "start " + std::to_string(death.incarnation);
  const auto dump = read_control_dump(view.path(death.control_dump));
  if (!dump) {
    findings.fail(where + ": no witness: " + dump.error().message);
    return;
  }
  const postmortem::ArmedFault* const fault = fired_fault(**dump, death.incarnation);
  const bool crashed = is_crash_signal(ending_signal(death)) && death.killed_by.empty();
  if (fault != nullptr && must_crash(*fault) && !crashed) {
    findings.fail(where + ": a fatal fault ended in " + describe_ending(death) + ", not in its own signal");
  }
  if (fault != nullptr && is_hang(*fault)) check_watchdog(**dump, *fault, where, findings);
  if (!crashed && (fault == nullptr || !must_crash(*fault))) return;
  ++judged.deaths;
  check_times((*dump)->handler, view.plan.expect.handler_time_ms_max.value_or(kDefaultBudgetMs), where, judged,
              findings);
  check_record(view, death, **dump, where, findings);
}

}  // namespace

Verdict verify_handler(const CaseView& view) {
  Findings findings("handler");
  Judged judged;
  for (const rca::ProcessFacts* engine : view.engines()) {
    if (!engine->finished) judge_death(view, *engine, judged, findings);
  }
  Verdict verdict =
      findings.finish("complete record, the slowest handler took " + std::to_string(judged.slowest_ns / 1000) + " µs");
  // What was found stays found, also where no handler was due: a missing witness, a hang that nobody ended.
  if (judged.deaths > 0 || verdict.outcome == Outcome::kFail) return verdict;
  return findings.not_applicable("no death that a crash handler could see");
}

}  // namespace crashwright::verifiers
