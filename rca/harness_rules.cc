// What the supervisor saw: the strongest evidence where it speaks of intent, the weakest where it is a mere number.
// That a process ended by itself before its time is a fact; why, whatever else is found knows better.
#include <sys/wait.h>

#include <cstring>
#include <string_view>

#include "rca/artefact_search.h"
#include "rca/evidence.h"
#include "rca/report_parts.h"
#include "rca/rules.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kFact = EvidenceTier::kHarnessFact;
constexpr EvidenceTier kMessage = EvidenceTier::kLibraryMessage;
constexpr EvidenceTier kStatus = EvidenceTier::kExitCode;

struct SignalCause {
  int signal;
  const char* cause;
  double strength;
};

constexpr SignalCause kSignals[] = {
    {SIGSEGV, "WILD_ACCESS", 0.6},      {SIGABRT, "ABORT", 0.8}, {SIGFPE, "FPE", 1}, {SIGBUS, "BUS", 1},
    {SIGILL, "ILLEGAL_INSTRUCTION", 1}, {SIGTRAP, "ABORT", 0.5},
};

std::string signal_text(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

void killed_by_harness(Investigation& investigation, const ProcessFacts& process) {
  const std::string text = "the harness sent " + signal_text(process.kill_signal) + ", reason: " + process.kill_reason;
  investigation.report.killer = "the harness, reason: " + process.kill_reason;
  if (process.kill_reason == "deadline" && !process.seen_stopped) {
    investigation.add(kFact, "harness", "TIMEOUT", 0.8, "facts.json", text);
    return;
  }
  investigation.add(kFact, "harness", "KILLED_BY_HARNESS", 1, "facts.json", text);
}

void killed_by_signal(Investigation& investigation, const ProcessFacts& process, int signal) {
  for (const SignalCause& known : kSignals) {
    if (known.signal != signal) continue;
    investigation.add(kStatus, "wait status", known.cause, known.strength, "facts.json",
                      "ended by " + signal_text(signal));
    return;
  }
  // Nobody but the kernel has a reason to send these.
  if (signal == SIGXFSZ || signal == SIGXCPU) {
    investigation.add(kFact, "wait status", "RESOURCE_LIMIT", 0.9, "facts.json", "ended by " + signal_text(signal));
    return;
  }
  // Nothing of the process's own making ends like this; who sent it is not known.
  if (process.oom_kills == 0) {
    investigation.add(kFact, "wait status", "KILLED_EXTERNAL", 0.9, "facts.json",
                      "ended by " + signal_text(signal) + ", which the harness did not send");
    investigation.report.killer = "somebody outside the harness: " + signal_text(signal) + " names no sender";
  }
}

// That a limit was reached is an observation, whoever set it.
void limits_reached(Investigation& investigation, const ProcessFacts& process) {
  for (const InjectedFaultFact& fault : investigation.artefacts.observations) {
    const bool seen = fault.state == "confirmed" && fault.confirmed_by.starts_with("the kernel enforces ");
    if (!seen || fault.incarnation != process.incarnation) continue;
    investigation.add(kFact, "kernel", "RESOURCE_LIMIT", 0.7, "facts.json", fault.confirmed_by);
  }
}

// The last line with something in it.
std::string_view last_line(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t last = text.find_last_not_of(kBlanks);
  if (last == std::string_view::npos) return {};
  text = text.substr(0, last + 1);
  const size_t before = text.find_last_of("\r\n");
  text.remove_prefix(before == std::string_view::npos ? 0 : before + 1);
  return text.substr(text.find_first_not_of(kBlanks));
}

void exited_by_itself(Investigation& investigation, const ProcessFacts& process) {
  investigation.add(kFact, "wait status", "UNEXPECTED_EXIT", 0.6, "facts.json",
                    "exit code " + std::to_string(WEXITSTATUS(process.wait_status)) + " before the session was over");
  const std::string text = read_text_ends(investigation.artefacts.folder + "/stderr.txt");
  const std::string said = printable(last_line(text).substr(0, kExcerptMax));
  if (said.empty()) return;
  investigation.add(kMessage, "stderr", "UNEXPECTED_EXIT", 0.2, "stderr.txt, last line", said);
}

}  // namespace

void apply_harness_rules(Investigation& investigation) {
  if (!investigation.artefacts.process) return;
  const ProcessFacts& process = *investigation.artefacts.process;
  const bool exited = WIFEXITED(process.wait_status);
  if (process.finished && exited && WEXITSTATUS(process.wait_status) == 0) {
    investigation.add(kFact, "harness", "NO_FAULT", 1, "facts.json", "the session completed in order, exit code 0");
    return;
  }
  limits_reached(investigation, process);
  if (process.killed_by == "harness") {
    killed_by_harness(investigation, process);
  } else if (WIFSIGNALED(process.wait_status)) {
    killed_by_signal(investigation, process, WTERMSIG(process.wait_status));
  } else if (exited) {
    exited_by_itself(investigation, process);
  }
}

}  // namespace crashwright::rca
