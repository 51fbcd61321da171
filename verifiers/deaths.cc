#include "verifiers/deaths.h"

#include <sys/wait.h>

#include <csignal>
#include <cstring>

namespace crashwright::verifiers {

using postmortem::FaultAction;

int ending_signal(const rca::ProcessFacts& process) noexcept {
  return WIFSIGNALED(process.wait_status) ? WTERMSIG(process.wait_status) : 0;
}

std::string describe_ending(const rca::ProcessFacts& process) {
  const int signal_number = ending_signal(process);
  if (signal_number == 0) return "exit status " + std::to_string(WEXITSTATUS(process.wait_status));
  const char* const name = ::sigabbrev_np(signal_number);
  const std::string text = name == nullptr ? "signal " + std::to_string(signal_number) : std::string("SIG") + name;
  return process.killed_by.empty() ? text
                                   : text + " sent by the " + process.killed_by + " (" + process.kill_reason + ")";
}

bool died_unplanned(const CaseView& view, const rca::ProcessFacts& engine) {
  if (engine.finished) return false;
  for (size_t i = 0; i < view.plan.faults.size() && i < view.facts.faults.size(); ++i) {
    const rca::InjectedFaultFact& fault = view.facts.faults[i];
    if (view.plan.faults[i].ends_process && fault.state != "armed" && fault.incarnation == engine.incarnation) {
      return false;
    }
  }
  return true;
}

bool is_crash_signal(int signal_number) noexcept {
  switch (signal_number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGABRT:
    case SIGTRAP:
    case SIGSYS:
      return true;
    default:
      return false;
  }
}

bool must_crash(const postmortem::ArmedFault& fault) noexcept { return postmortem::crashes_by_itself(fault.action); }

bool is_hang(const postmortem::ArmedFault& fault) noexcept { return postmortem::is_hang(fault.action); }

bool on_its_thread(const postmortem::ArmedFault& fault, uint32_t tid) noexcept {
  return fault.action == FaultAction::kTwoThreads || tid == fault.fired_tid.load();
}

}  // namespace crashwright::verifiers
