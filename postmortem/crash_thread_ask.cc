// Where threads cannot be stopped from outside: each is sent a signal, and hands over its own registers.
// Compiled without sanitizers (CMakeLists.txt).
// Signal context: all but install_ask_action().
#include <cerrno>

#include "postmortem/crash_state.h"
#include "postmortem/crash_threads.h"

namespace crashwright::postmortem::crash {
namespace {

using crash_format::ThreadState;

std::atomic<bool> g_asking;

void nap() noexcept {
  const timespec time{0, 100'000};
  ::syscall(SYS_nanosleep, &time, nullptr);
}

// Runs on the thread that was asked, which then stands until it is let go.
void on_asked(int, siginfo_t*, void* context) noexcept {
  signal_safe::clear_alignment_check();
  const uint32_t tid = signal_safe::thread_id();
  for (CapturedThread& thread : captured_threads()) {
    if (thread.tid != tid || thread.state.load(std::memory_order_relaxed) != ThreadState::kSilent) continue;
    const auto* const where = static_cast<const ucontext_t*>(context);
    signal_safe::copy_bytes(thread.registers, where->uc_mcontext.gregs, sizeof thread.registers);
    thread.state.store(ThreadState::kAnswered, std::memory_order_release);
    while (g_asking.load(std::memory_order_acquire)) nap();
    return;
  }
}

bool all_answered(std::span<CapturedThread> threads) noexcept {
  for (const CapturedThread& thread : threads) {
    if (!thread.gone && thread.state.load(std::memory_order_acquire) == ThreadState::kSilent) return false;
  }
  return true;
}

}  // namespace

Status install_ask_action() {
  struct sigaction action {};
  action.sa_sigaction = on_asked;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigfillset(&action.sa_mask);
  for (const int signal : kFatalSignals) ::sigdelset(&action.sa_mask, signal);
  if (::sigaction(ask_signal(), &action, nullptr) != 0) {
    return fail_errno(errno, "install the crash handler's signal to other threads");
  }
  return {};
}

void ask_threads(std::span<CapturedThread> threads, uint64_t patience_ns) noexcept {
  g_asking.store(true, std::memory_order_release);
  const uint32_t pid = signal_safe::process_id();
  for (CapturedThread& thread : threads) {
    if (thread.gone || thread.state.load(std::memory_order_relaxed) != ThreadState::kSilent) continue;
    thread.gone = ::syscall(SYS_tgkill, pid, thread.tid, ask_signal()) != 0;
  }
  const uint64_t until_ns = signal_safe::clock_ns(CLOCK_MONOTONIC) + patience_ns;
  while (!all_answered(threads) && signal_safe::clock_ns(CLOCK_MONOTONIC) < until_ns) nap();
}

void release_asked_threads() noexcept { g_asking.store(false, std::memory_order_release); }

}  // namespace crashwright::postmortem::crash
