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

constexpr long kTraceOptions = PTRACE_O_TRACECLONE;
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

void resume(int32_t tid, int signal_number) {
  ::ptrace(PTRACE_CONT, tid, nullptr, reinterpret_cast<void*>(static_cast<long>(signal_number)));
}

}  // namespace

Result<std::unique_ptr<CrashTracer>> CrashTracer::attach(int32_t pid, const std::string& core_path) {
  std::unique_ptr<CrashTracer> tracer(new CrashTracer(pid, core_path));
  int error_number = ESRCH;
  if (!tracer->attach_all(error_number)) {
    return fail_errno(error_number, "trace process " + std::to_string(pid),
                      "allow ptrace of own processes (kernel.yama.ptrace_scope, seccomp of the container)");
  }
  return tracer;
}

bool CrashTracer::attach_all(int& error_number) {
  for (bool grown = true; grown;) {
    grown = false;
    for (const int32_t tid : list_threads(pid_)) {
      const bool known = std::any_of(threads_.begin(), threads_.end(), [tid](const Thread& t) { return t.tid == tid; });
      if (known) continue;
      if (::ptrace(PTRACE_SEIZE, tid, nullptr, kTraceOptions) != 0) {
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

void CrashTracer::let_go() {
  for (Thread& thread : threads_) {
    // Only a stopped thread can be let go.
    if (!thread.stopped && ::ptrace(PTRACE_INTERRUPT, thread.tid, nullptr, nullptr) != 0) continue;
    const Deadline deadline(kStopPatience);
    while (!thread.stopped && !deadline.passed()) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(thread.tid), &info, WSTOPPED | WNOHANG | __WALL) != 0) break;
      thread.stopped = info.si_pid != 0;
    }
    ::ptrace(PTRACE_DETACH, thread.tid, nullptr, nullptr);
  }
  threads_.clear();
}

void CrashTracer::serve() {
  for (size_t i = 0; i < threads_.size(); ++i) {
    const int32_t tid = threads_[i].tid;
    siginfo_t info{};
    // The leader's end is the process's end, and that belongs to the owner of the child.
    const int events = tid == pid_ ? WSTOPPED : WSTOPPED | WEXITED;
    if (::waitid(P_PID, static_cast<id_t>(tid), &info, events | WNOHANG | __WALL) != 0 || info.si_pid == 0) continue;
    if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED) {
      threads_[i].stopped = true;
      on_stop(threads_[i], info.si_status);
    } else {
      threads_.erase(threads_.begin() + static_cast<std::ptrdiff_t>(i--));
    }
  }
}

// `status` is the signal, with the ptrace event in the second byte (ptrace(2), waitid).
void CrashTracer::on_stop(Thread& thread, int status) {
  const int32_t tid = thread.tid;
  const int number = status & 0xff;
  const int event = status >> 8;
  thread.stopped = false;
  if (event == PTRACE_EVENT_CLONE) {
    unsigned long born = 0;
    ::ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &born);
    resume(tid, 0);
    threads_.push_back({static_cast<int32_t>(born), false});  // `thread` is no longer valid from here on
  } else if (event == PTRACE_EVENT_STOP) {
    const bool group_stop = number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
    ::ptrace(group_stop ? PTRACE_LISTEN : PTRACE_CONT, tid, nullptr, nullptr);
  } else {
    if (dumps_core(number) && has_default_action(pid_, number) && written_.empty()) take_core(tid);
    resume(tid, number);
  }
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

void CrashTracer::stop_others(int32_t blamed) {
  const Deadline deadline(kStopPatience);
  for (Thread& thread : threads_) {
    if (thread.tid != blamed) ::ptrace(PTRACE_INTERRUPT, thread.tid, nullptr, nullptr);
  }
  for (Thread& thread : threads_) {
    while (thread.tid != blamed && !thread.stopped && !deadline.passed()) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(thread.tid), &info, WSTOPPED | WNOHANG | __WALL) != 0) break;
      thread.stopped = info.si_pid != 0;
    }
  }
}

void CrashTracer::resume_others(int32_t blamed) {
  for (Thread& thread : threads_) {
    if (thread.tid == blamed || !thread.stopped) continue;
    thread.stopped = false;
    resume(thread.tid, 0);
  }
}

}  // namespace crashwright::harness
