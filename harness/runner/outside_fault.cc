#include "harness/runner/outside_fault.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/function_breakpoint.h"
#include "harness/runner/process.h"

namespace crashwright::harness {
namespace {

std::string signal_name(int number) {
  const char* const abbreviation = ::sigabbrev_np(number);
  return abbreviation == nullptr ? fmt::format("signal {}", number) : fmt::format("SIG{}", abbreviation);
}

// Whether the bit of `number` is set in SigCgt of /proc/PID/status.
bool is_handled(int32_t pid, int number) {
  const auto status = read_file(fmt::format("/proc/{}/status", pid));
  const size_t at = status ? status->find("SigCgt:") : std::string::npos;
  if (at == std::string::npos) return false;
  return (std::strtoull(status->c_str() + at + 7, nullptr, 16) >> (number - 1) & 1) != 0;
}

OutsideFaultDone send_signal(const FaultPlan& fault, int32_t pid, int32_t tid) {
  OutsideFaultDone done;
  done.handled = is_handled(pid, fault.signal_number);
  const bool sent =
      tid == 0 ? ::kill(pid, fault.signal_number) == 0 : ::syscall(SYS_tgkill, pid, tid, fault.signal_number) == 0;
  if (sent) done.fired_ns = monotonic_ns();
  return done;
}

OutsideFaultDone set_limit(const ResourceLimit& limit, int32_t pid) {
  OutsideFaultDone done;
  // Processor time: SIGXCPU at the limit, SIGKILL a second later for who goes on nevertheless.
  const rlimit wanted{limit.value, limit.resource == RLIMIT_CPU ? limit.value + 1 : limit.value};
  const auto resource = static_cast<__rlimit_resource>(limit.resource);
  if (::prlimit(pid, resource, &wanted, nullptr) != 0) return done;
  rlimit seen{};
  if (::prlimit(pid, resource, nullptr, &seen) != 0 || seen.rlim_cur != limit.value) return done;
  done.fired_ns = monotonic_ns();
  done.in_force = fmt::format("the kernel enforces {} of {}", limit.name, seen.rlim_cur);
  return done;
}

int ending_signal(const rca::ProcessFacts& process) {
  return WIFSIGNALED(process.wait_status) ? WTERMSIG(process.wait_status) : 0;
}

// A limit in force that nothing reached has had no effect.
std::string proof_of_limit(const OutsideFaultDone& done, const rca::ProcessFacts& process,
                           const std::string& limit_reached) {
  const int number = ending_signal(process);
  if (number == SIGXFSZ || number == SIGXCPU) {
    return fmt::format("{}: wait status {}", done.in_force, describe_wait_status(process.wait_status));
  }
  return limit_reached.empty() ? std::string() : fmt::format("{}: {}", done.in_force, limit_reached);
}

}  // namespace

OutsideFaultDone do_outside_fault(const FaultPlan& fault, int32_t pid, int32_t tid) {
  OutsideFaultDone done;
  switch (fault.outside) {
    case OutsideAction::kNothing:
      break;
    case OutsideAction::kSignal:
      return send_signal(fault, pid, tid);
    case OutsideAction::kNullCall:
      if (tid != 0 && FunctionBreakpoint::jump_to_null(tid)) done.fired_ns = monotonic_ns();
      break;
    case OutsideAction::kLimit:
      return set_limit(fault.limit, pid);
    case OutsideAction::kMemoryLimit:
      done.fired_ns = monotonic_ns();  // it was born inside
      break;
  }
  return done;
}

std::string proof_of_outside_fault(const FaultPlan& fault, const OutsideFaultDone& done,
                                   const rca::ProcessFacts& process, const std::string& limit_reached) {
  const int number = ending_signal(process);
  const std::string wait_status = "wait status " + describe_wait_status(process.wait_status);
  switch (fault.outside) {
    case OutsideAction::kNothing:
      return {};
    case OutsideAction::kSignal:
      if (number == fault.signal_number) return wait_status + ", sent by the harness";
      if (!done.handled || process.killed_by == "harness") return {};
      return fmt::format("it has a handler for {}, and then: {}", signal_name(fault.signal_number), wait_status);
    case OutsideAction::kNullCall:
      return number == SIGSEGV ? wait_status : std::string();
    case OutsideAction::kLimit:
      return proof_of_limit(done, process, limit_reached);
    case OutsideAction::kMemoryLimit:
      if (process.oom_kills == 0 || number != SIGKILL) return {};
      return fmt::format("{}, the cgroup counts {} OOM kill", wait_status, process.oom_kills);
  }
  return {};
}

}  // namespace crashwright::harness
