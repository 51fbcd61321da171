#include "harness/runner/crash_tracer.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/core_writer.h"

namespace crashwright::harness {
namespace {

constexpr long kOptions = PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD;
constexpr long kBreakpointOptions = PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
constexpr int kCallStop = SIGTRAP | 0x80;  // as PTRACE_O_TRACESYSGOOD marks it
constexpr std::chrono::milliseconds kStopPatience{500};

// A mask of /proc/PID/status; bit 0 is signal 1.
uint64_t signal_mask(int32_t pid, const std::string& key) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/status");
  if (!text) return 0;
  const size_t at = text->find(key + ":");
  return at == std::string::npos ? 0 : std::strtoull(text->c_str() + at + key.size() + 1, nullptr, 16);
}

bool dumps_core(int number) {
  switch (number) {
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGXCPU:
    case SIGXFSZ:
    case SIGSYS:
      return true;
    default:
      return false;
  }
}

bool has_default_action(int32_t pid, int number) {
  const uint64_t bit = uint64_t{1} << (number - 1);
  return ((signal_mask(pid, "SigCgt") | signal_mask(pid, "SigIgn")) & bit) == 0;
}

}  // namespace

Result<std::unique_ptr<CrashTracer>> CrashTracer::attach(int32_t pid, const std::string& core_path,
                                                         std::vector<TracedBreakpoint> breakpoints,
                                                         std::optional<Refusal> refusal) {
  std::unique_ptr<CrashTracer> tracer(new CrashTracer(pid, core_path, std::move(breakpoints), refusal));
  int error_number = ESRCH;
  if (!tracer->attach_all(error_number)) {
    return fail_errno(error_number, "trace process " + std::to_string(pid),
                      "allow ptrace of own processes (kernel.yama.ptrace_scope, seccomp of the container)");
  }
  return tracer;
}

bool CrashTracer::attach_all(int& error_number) {
  const long options = is_busy() ? kOptions | kBreakpointOptions : kOptions;
  for (bool grown = true; grown;) {
    grown = false;
    for (const int32_t tid : list_threads(pid_)) {
      const bool known = std::any_of(threads_.begin(), threads_.end(), [tid](const Thread& t) { return t.tid == tid; });
      if (known) continue;
      if (::ptrace(PTRACE_SEIZE, tid, nullptr, options) != 0) {
        // A thread that a traced one has just made is traced already.
        error_number = errno;
        continue;
      }
      threads_.push_back({tid, false});
      grown = true;
    }
  }
  return !threads_.empty();
}

CrashTracer::~CrashTracer() { let_go(); }

void CrashTracer::resume(int32_t tid, int signal_number) const {
  const auto how = awaited_ ? PTRACE_SYSCALL : PTRACE_CONT;
  ::ptrace(how, tid, nullptr, reinterpret_cast<void*>(static_cast<long>(signal_number)));
}

void CrashTracer::watch_for(const Refusal& refusal) {
  awaited_ = refusal;
  // Those that run go on to their next call only once they have been stopped.
  for (const Thread& thread : threads_) ::ptrace(PTRACE_INTERRUPT, thread.tid, nullptr, nullptr);
}

void CrashTracer::let_go() {
  for (Thread& thread : threads_) {
    // Only a stopped thread can be let go, and only without a breakpoint that nobody would answer.
    if (!thread.stopped && ::ptrace(PTRACE_INTERRUPT, thread.tid, nullptr, nullptr) != 0) continue;
    const Deadline deadline(kStopPatience);
    while (!thread.stopped && !deadline.passed()) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(thread.tid), &info, WSTOPPED | WNOHANG | __WALL) != 0) break;
      thread.stopped = info.si_pid != 0;
    }
    for (TracedBreakpoint& breakpoint : breakpoints_) {
      static_cast<void>(breakpoint.at.is_hit(thread.tid));
      breakpoint.at.disarm(thread.tid);
    }
    ::ptrace(PTRACE_DETACH, thread.tid, nullptr, nullptr);
  }
  threads_.clear();
}

bool CrashTracer::serve() {
  bool something = false;
  for (size_t i = 0; i < threads_.size(); ++i) {
    const int32_t tid = threads_[i].tid;
    siginfo_t info{};
    // The leader's end is the process's end, and that belongs to the owner of the child.
    const int events = tid == pid_ ? WSTOPPED : WSTOPPED | WEXITED;
    if (::waitid(P_PID, static_cast<id_t>(tid), &info, events | WNOHANG | __WALL) != 0 || info.si_pid == 0) continue;
    something = true;
    if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED) {
      threads_[i].stopped = true;
      on_stop(threads_[i], info.si_status);
    } else {
      threads_.erase(threads_.begin() + static_cast<std::ptrdiff_t>(i--));
    }
  }
  return something;
}

// `status` is the signal, with the ptrace event in the second byte (ptrace(2), waitid).
void CrashTracer::on_stop(Thread& thread, int status) {
  const int32_t tid = thread.tid;
  const int number = status & 0xff;
  thread.stopped = false;
  // `thread` is no longer valid from here on: others may be born.
  if (status >> 8 != 0) return on_event(tid, status >> 8, number);
  if (number == kCallStop) return on_call(tid);
  if (number == SIGXFSZ || number == SIGXCPU) limit_reached_ = number == SIGXFSZ ? "SIGXFSZ came" : "SIGXCPU came";
  if (number == SIGTRAP && on_breakpoint(tid)) return;
  if (dumps_core(number) && has_default_action(pid_, number) && written_.empty() && !path_.empty()) take_core(tid);
  resume(tid, number);
}

void CrashTracer::on_call(int32_t tid) {
  if (awaited_) limit_reached_ = refused_call(tid, *awaited_);
  if (!limit_reached_.empty()) awaited_.reset();
  resume(tid, 0);
}

void CrashTracer::on_event(int32_t tid, int event, int number) {
  if (event == PTRACE_EVENT_STOP) {
    const bool group_stop = number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
    if (!group_stop) return resume(tid, 0);
    ::ptrace(PTRACE_LISTEN, tid, nullptr, nullptr);
    return;
  }
  if (event == PTRACE_EVENT_CLONE) {
    unsigned long born = 0;
    ::ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &born);
    threads_.push_back({static_cast<int32_t>(born), false});
  } else if (event == PTRACE_EVENT_EXEC) {
    on_exec();
  } else {
    on_fork(tid, event == PTRACE_EVENT_VFORK);
  }
  resume(tid, 0);
}

// The image is a new one, and the thread that executed it, whichever it was, is the leader now.
void CrashTracer::on_exec() {
  threads_.assign({{pid_, false}});
  for (TracedBreakpoint& breakpoint : breakpoints_) {
    const Status armed = breakpoint.at.arm(pid_);
    breakpoint.failure = armed ? std::string() : armed.error().message;
  }
}

// The new process is not ours to watch: it goes on without breakpoints.
void CrashTracer::on_fork(int32_t tid, bool shares_memory) {
  unsigned long message = 0;
  ::ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &message);
  const auto born = static_cast<int32_t>(message);
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(born), &info, WSTOPPED | __WALL) != 0) return;
  for (const TracedBreakpoint& breakpoint : breakpoints_) {
    if (!shares_memory) breakpoint.at.clean(born);
  }
  ::ptrace(PTRACE_DETACH, born, nullptr, nullptr);
}

// True when the stop of `tid` was one, and has been dealt with.
bool CrashTracer::on_breakpoint(int32_t tid) {
  for (TracedBreakpoint& breakpoint : breakpoints_) {
    if (!breakpoint.at.is_hit(tid)) continue;
    if (!breakpoint.at.armed()) {  // it came while another thread was the one waited for
      resume(tid, 0);
      return true;
    }
    if (breakpoint.at.count(tid)) {
      breakpoint.at.disarm(tid);
      breakpoint.reached(tid);
      resume(tid, 0);
      return true;
    }
    stop_others(tid);
    if (breakpoint.at.step(tid)) resume(tid, 0);
    resume_others(tid);
    return true;
  }
  return false;
}

void CrashTracer::take_core(int32_t blamed) {
  siginfo_t info{};
  ::ptrace(PTRACE_GETSIGINFO, blamed, nullptr, &info);
  stop_others(blamed);
  std::vector<int32_t> tids = {blamed};
  for (const Thread& thread : threads_) {
    if (thread.stopped && thread.tid != blamed) tids.push_back(thread.tid);
  }
  if (const auto written = write_core_of_stopped(pid_, tids, &info, path_); written) {
    written_ = path_;
  } else {
    failure_ = written.error().message;
  }
  resume_others(blamed);
}

void CrashTracer::stop_others(int32_t standing) {
  const Deadline deadline(kStopPatience);
  for (Thread& thread : threads_) {
    if (thread.tid != standing) ::ptrace(PTRACE_INTERRUPT, thread.tid, nullptr, nullptr);
  }
  for (Thread& thread : threads_) {
    while (thread.tid != standing && !thread.stopped && !deadline.passed()) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(thread.tid), &info, WSTOPPED | WNOHANG | __WALL) != 0) break;
      thread.stopped = info.si_pid != 0;
      thread.status = info.si_status;
    }
  }
}

void CrashTracer::resume_others(int32_t standing) {
  // By number: an event of one may bring others.
  for (size_t i = 0; i < threads_.size(); ++i) {
    if (threads_[i].tid == standing || !threads_[i].stopped) continue;
    const int number = threads_[i].status & 0xff;
    threads_[i].stopped = false;
    if (threads_[i].status >> 8 != 0) {
      on_event(threads_[i].tid, threads_[i].status >> 8, number);
      continue;
    }
    // One that stands behind a breakpoint goes back to it, and is counted when it comes there again.
    const bool waits = std::any_of(breakpoints_.begin(), breakpoints_.end(), [&](const TracedBreakpoint& breakpoint) {
      return number == SIGTRAP && breakpoint.at.is_hit(threads_[i].tid);
    });
    if (number == kCallStop) {
      on_call(threads_[i].tid);
    } else {
      resume(threads_[i].tid, waits ? 0 : number);
    }
  }
}

}  // namespace crashwright::harness
