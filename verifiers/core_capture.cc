// Promise: a core exists for this process and build, is complete, holds every thread, unwinds to the injected function
// on the right thread, with the original signal, code and fault address, and the crash record agrees. Witness: the wait
// status, the build-id of the executable, the thread list in the control block.
#include <algorithm>
#include <csignal>
#include <set>

#include "base/file.h"
#include "postmortem/crash_record_reader.h"
#include "rca/autopsy.h"
#include "rca/core_file.h"
#include "verifiers/control_dump.h"
#include "verifiers/deaths.h"
#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

constexpr const char* kDoesNotReach = "the faulting thread's stack does not reach ";

std::string hex(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15U]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

// Signals that the processor raised in the thread itself: a code of zero or below means that somebody sent them again.
bool is_synchronous(int signal_number) {
  return signal_number == SIGSEGV || signal_number == SIGBUS || signal_number == SIGILL || signal_number == SIGFPE;
}

// A fault that the engine's own thread committed ends in a signal of the processor, unless a handler sent it again.
bool raised_anew(int signal_number, int code, const postmortem::ArmedFault* fault) {
  return fault != nullptr && must_crash(*fault) && is_synchronous(signal_number) && code <= 0;
}

void check_signal(const rca::CoreFile& core, const rca::ProcessFacts& death, const postmortem::CrashRecord* record,
                  const postmortem::ArmedFault* fault, const std::string& where, Findings& findings) {
  const auto& info = core.signal_info();
  if (!info) {
    findings.fail(where + ": the core does not say which signal it was");
    return;
  }
  if (info->si_signo != ending_signal(death)) {
    findings.fail(where + ": the core says signal " + std::to_string(info->si_signo) + ", the kernel " +
                  describe_ending(death));
  }
  if (raised_anew(info->si_signo, info->si_code, fault)) {
    findings.fail(where + ": the core says that a process sent the signal (si_code " + std::to_string(info->si_code) +
                  "), the processor had raised it: the fault address is lost");
  }
  if (record == nullptr || !record->crashed) return;
  if (record->signal == info->si_signo && record->code != info->si_code) {
    findings.fail(where + ": the core says si_code " + std::to_string(info->si_code) + ", the crash handler saw " +
                  std::to_string(record->code) + ": the original signal was lost");
  }
  if (is_synchronous(info->si_signo) && record->fault_address &&
      *record->fault_address != reinterpret_cast<uint64_t>(info->si_addr)) {
    findings.fail(where + ": the core says fault address " + hex(reinterpret_cast<uint64_t>(info->si_addr)) +
                  ", the crash record " + hex(*record->fault_address));
  }
  if (static_cast<int32_t>(record->tid) != core.threads().front().tid) {
    findings.fail(where + ": the core blames thread " + std::to_string(core.threads().front().tid) +
                  ", the crash record " + std::to_string(record->tid));
  }
}

void check_threads(const rca::CoreFile& core, const postmortem::ControlBlock& block, const rca::ProcessFacts& death,
                   const std::string& where, Findings& findings) {
  std::set<int32_t> saved;
  for (const rca::CoreThread& thread : core.threads()) saved.insert(thread.tid);
  for (const postmortem::ThreadWitness& thread : block.threads) {
    const auto tid = static_cast<int32_t>(thread.tid.load());
    if (tid != 0 && thread.ended.load() == 0 && !saved.contains(tid)) {
      findings.fail(where + ": thread " + std::string(thread.name.view()) + " (" + std::to_string(tid) +
                    ") is not in the core");
    }
  }
  const postmortem::ArmedFault* const fault = fired_fault(block, death.incarnation);
  const bool outside = death.core_way == "outside" && !death.killed_by.empty();
  if (fault != nullptr && must_crash(*fault) && !outside &&
      !on_its_thread(*fault, static_cast<uint32_t>(core.threads().front().tid))) {
    findings.fail(where + ": the core's faulting thread is " + std::to_string(core.threads().front().tid) +
                  ", the fault fired on " + std::to_string(fault->fired_tid.load()));
  }
}

// The stacks that the autopsy unwound from this core.
void check_stacks(const CaseView& view, const rca::ProcessFacts& death, const std::string& where, Findings& findings) {
  const auto text = read_file(view.path("rca.json"));
  const auto report = text ? rca::autopsy_from_json(*text) : Result<rca::AutopsyReport>(tl::unexpected(text.error()));
  if (!report || report->pid != death.pid) return;  // the autopsy is about another incarnation
  if (!report->build_id.empty() && !death.build_id.empty() && report->build_id != death.build_id) {
    findings.fail(where + ": the core is of build " + report->build_id + ", the engine was " + death.build_id);
  }
  const auto faulting = std::find_if(report->threads.begin(), report->threads.end(),
                                     [](const rca::ThreadStack& thread) { return thread.faulting; });
  if (faulting == report->threads.end() || faulting->frames.size() < 2) {
    findings.fail(where + ": the faulting thread's stack does not unwind");
    return;
  }
  const std::string& function = view.plan.expect.rca_function;
  const auto holds = [&](const rca::Frame& frame) { return frame.function.find(function) != std::string::npos; };
  if (!function.empty() && std::none_of(faulting->frames.begin(), faulting->frames.end(), holds)) {
    findings.fail(where + ": " + kDoesNotReach + function + ", which the scenario expects");
  }
}

void judge_core(const CaseView& view, const rca::ProcessFacts& death, const std::string& where, Findings& findings) {
  const auto core = rca::CoreFile::open(view.path(death.core_path));
  if (!core) {
    findings.fail(where + ": " + core.error().message);
    return;
  }
  if (core->missing_bytes() > 0) {
    findings.fail(where + ": the core is truncated, " + std::to_string(core->missing_bytes()) + " bytes are missing");
  }
  if (core->pid() != death.pid) findings.fail(where + ": the core is of process " + std::to_string(core->pid()));
  if (core->threads().empty()) {
    findings.fail(where + ": the core holds no thread");
    return;
  }
  const auto dump = read_control_dump(view.path(death.control_dump));
  if (!dump) {
    findings.fail(where + ": no witness: " + dump.error().message);
    return;
  }
  check_threads(*core, **dump, death, where, findings);
  if (death.killed_by.empty()) {
    const auto record =
        postmortem::read_crash_record(view.path(death.folder + "/crash-" + std::to_string(death.pid) + ".rec"));
    const postmortem::ArmedFault* const fault = fired_fault(**dump, death.incarnation);
    check_signal(*core, death, record ? &*record : nullptr, fault, where, findings);
  }
  check_stacks(view, death, where, findings);
}

// False when this ending leaves no core by its nature.
bool core_is_due(const CaseView& view, const rca::ProcessFacts& death, const std::string& where, Findings& findings) {
  if (is_crash_signal(ending_signal(death))) return true;
  if (death.killed_by == "harness" && death.kill_reason == "deadline") return true;  // hung: taken from outside
  const auto dump = read_control_dump(view.path(death.control_dump));
  const postmortem::ArmedFault* const fault = dump ? fired_fault(**dump, death.incarnation) : nullptr;
  if (fault != nullptr && must_crash(*fault)) {
    findings.fail(where + ": a fatal fault ended in " + describe_ending(death) + ": no core can exist");
  }
  return false;
}

}  // namespace

bool misses_expected_function(const Verdict& verdict) {
  return verdict.promise == "core_capture" && verdict.summary.find(kDoesNotReach) != std::string::npos;
}

Verdict verify_core_capture(const CaseView& view) {
  Findings findings("core_capture");
  if (view.engines().empty()) return findings.error("no engine was ever started");
  size_t cores = 0;
  for (const rca::ProcessFacts* engine : view.engines()) {
    const std::string where = "start " + std::to_string(engine->incarnation);
    if (engine->finished) {
      if (!engine->core_path.empty()) findings.fail(where + ": finished in order, yet left a core");
      continue;
    }
    if (!core_is_due(view, *engine, where, findings)) continue;
    ++cores;
    if (engine->core_path.empty()) {
      findings.fail(where + ": no core: " + engine->core_absent_because);
    } else {
      judge_core(view, *engine, where, findings);
    }
  }
  if (cores == 0 && view.first_death() != nullptr) {
    const Verdict verdict = findings.finish({});
    return verdict.outcome == Outcome::kFail ? verdict : findings.not_applicable("a death that leaves no core");
  }
  return findings.finish(cores == 0 ? "nothing died, no core was left"
                                    : std::to_string(cores) + (cores == 1 ? " complete core" : " complete cores") +
                                          " with the original signal and every thread");
}

}  // namespace crashwright::verifiers
