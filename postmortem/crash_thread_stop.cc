// Stops the other threads with ptrace, from a child process that shares the memory of the dying one: the kernel lets no
// process trace itself. Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "postmortem/crash_state.h"
#include "postmortem/crash_threads.h"

namespace crashwright::postmortem::crash {
namespace {

constexpr size_t kTracerStackBytes = 64 * 1024;
constexpr uint32_t kPrstatusNote = 1;  // NT_PRSTATUS, the general registers
constexpr int kNoThreadStopped = 2;    // exit status of the tracer

struct Request {
  std::span<CapturedThread> threads;
  uint64_t patience_ns;
  void (*record)();
};

Request g_request;
alignas(64) uint8_t g_tracer_stack[kTracerStackBytes];
std::atomic<uint32_t> g_tracer_pid;

void store_registers(const user_regs_struct& from, uint64_t* to) noexcept {
  to[REG_R8] = from.r8;
  to[REG_R9] = from.r9;
  to[REG_R10] = from.r10;
  to[REG_R11] = from.r11;
  to[REG_R12] = from.r12;
  to[REG_R13] = from.r13;
  to[REG_R14] = from.r14;
  to[REG_R15] = from.r15;
  to[REG_RDI] = from.rdi;
  to[REG_RSI] = from.rsi;
  to[REG_RBP] = from.rbp;
  to[REG_RBX] = from.rbx;
  to[REG_RDX] = from.rdx;
  to[REG_RAX] = from.rax;
  to[REG_RCX] = from.rcx;
  to[REG_RSP] = from.rsp;
  to[REG_RIP] = from.rip;
  to[REG_EFL] = from.eflags;
  to[REG_CSGSFS] = from.cs | from.gs << 16 | from.fs << 32 | from.ss << 48;
}

long trace(long request, uint32_t tid, const void* address, const void* data) noexcept {
  return ::syscall(SYS_ptrace, request, tid, address, data);
}

// True when the thread stands, and its registers are in the table.
bool take_stop(CapturedThread& thread, int status) noexcept {
  if (!WIFSTOPPED(status)) return false;
  // A signal came first; it is handed on when the thread goes on.
  thread.pending_signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
  user_regs_struct registers{};
  const iovec part{&registers, sizeof registers};
  if (trace(PTRACE_GETREGSET, thread.tid, reinterpret_cast<const void*>(uint64_t{kPrstatusNote}), &part) != 0) {
    return false;
  }
  store_registers(registers, thread.registers);
  thread.state.store(crash_format::ThreadState::kStopped, std::memory_order_relaxed);
  return true;
}

// Waits for the stops that were asked for, as long as patience lasts: a thread inside the kernel may never stop.
void await_stops(std::span<CapturedThread> threads, uint64_t patience_ns) noexcept {
  const uint64_t until_ns = signal_safe::clock_ns(CLOCK_MONOTONIC) + patience_ns;
  for (;;) {
    bool missing = false;
    for (CapturedThread& thread : threads) {
      if (!thread.stopped || thread.state.load(std::memory_order_relaxed) != crash_format::ThreadState::kSilent)
        continue;
      int status = 0;
      const long waited = ::syscall(SYS_wait4, thread.tid, &status, __WALL | WNOHANG, nullptr);
      if (waited == 0) {
        missing = true;
      } else if (waited < 0 || !take_stop(thread, status)) {
        thread.stopped = false;
        thread.gone = true;
      }
    }
    if (!missing || signal_safe::clock_ns(CLOCK_MONOTONIC) > until_ns) return;
    ::syscall(SYS_sched_yield);
  }
}

int run_tracer(void*) noexcept {
  g_tracer_pid.store(signal_safe::process_id(), std::memory_order_release);
  ::syscall(SYS_close, 0);  // of its own table: room for one more where the limit is reached
  bool any = false;
  for (CapturedThread& thread : g_request.threads) {
    if (thread.recorded) continue;
    thread.stopped = trace(PTRACE_SEIZE, thread.tid, nullptr, nullptr) == 0;
    if (!thread.stopped) continue;
    any = true;
    trace(PTRACE_INTERRUPT, thread.tid, nullptr, nullptr);
  }
  if (!any) return kNoThreadStopped;
  // Refused is what is no thread any more, and one that somebody else traces: that one can still be asked.
  for (CapturedThread& thread : g_request.threads) {
    thread.gone = !thread.recorded && !thread.stopped && thread_is_over(thread.tid);
  }
  await_stops(g_request.threads, g_request.patience_ns);
  g_request.record();
  for (CapturedThread& thread : g_request.threads) {
    if (!thread.stopped) continue;
    const auto signal = static_cast<uint64_t>(thread.pending_signal);
    trace(PTRACE_DETACH, thread.tid, nullptr, reinterpret_cast<const void*>(signal));
  }
  return 0;
}

}  // namespace

bool stop_threads(std::span<CapturedThread> threads, uint64_t patience_ns, void (*record)()) noexcept {
  g_request = {threads, patience_ns, record};
  // Where only a declared tracer may trace (Yama): this process is about to end, any may.
  ::syscall(SYS_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  // Not CLONE_FILES: the tracer makes room in its own table. No signal at its end.
  const int pid =
      ::clone(run_tracer, g_tracer_stack + sizeof g_tracer_stack, CLONE_VM | CLONE_FS | CLONE_UNTRACED, nullptr);
  if (pid < 0) return false;
  g_tracer_pid.store(static_cast<uint32_t>(pid), std::memory_order_release);
  int status = 0;
  long waited = 0;
  do {
    waited = ::syscall(SYS_wait4, pid, &status, __WALL, nullptr);
  } while (waited < 0 && errno == EINTR);
  g_tracer_pid.store(0, std::memory_order_release);
  return waited == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void rehearse_tracer() noexcept { signal_safe::zero_bytes(g_tracer_stack, sizeof g_tracer_stack); }

// Its end lets go of the threads.
void abandon_tracer() noexcept {
  const uint32_t pid = g_tracer_pid.exchange(0, std::memory_order_acq_rel);
  if (pid == 0) return;
  ::syscall(SYS_kill, pid, SIGKILL);
  ::syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
}

bool is_tracer(uint32_t pid) noexcept { return pid == g_tracer_pid.load(std::memory_order_acquire); }

}  // namespace crashwright::postmortem::crash
