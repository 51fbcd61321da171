// Compiled without sanitizers (CMakeLists.txt).
// Signal context: all but install_core_ask().
#include "postmortem/core_self_ask.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <ucontext.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "postmortem/core_self_text.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem::core_self {
namespace {

constexpr uint64_t kPatienceNs = 2'000'000'000;
// A thread that the crash record asked before may still be on its way out of that handler, which blocks all signals.
constexpr uint64_t kBlockedPatienceNs = 300'000'000;
constexpr timespec kNap{0, 100'000};

std::atomic<ThreadList*> g_asked;

// A real-time signal far from those that programs use.
int core_ask_signal() noexcept { return SIGRTMAX - 4; }

[[noreturn]] void stand_still() noexcept {
  for (;;) ::syscall(SYS_nanosleep, &kNap, nullptr);
}

void on_asked(int, siginfo_t*, void* context) noexcept {
  signal_safe::clear_alignment_check();
  ThreadList* const list = g_asked.load(std::memory_order_acquire);
  if (list == nullptr) return;
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  OwnCoreThread self;
  self.tid = signal_safe::thread_id();
  self.registers = machine.gregs;
  self.floating = machine.fpregs;
  ::syscall(SYS_arch_prctl, ARCH_GET_FS, &self.fs_base);
  for (size_t i = 0; i < list->count; ++i) {
    ThreadNotes& notes = list->notes[i];
    if (notes.tid != self.tid || notes.state.load(std::memory_order_relaxed) != ThreadNotes::State::kAsked) continue;
    take_registers(self, notes);
    notes.state.store(ThreadNotes::State::kKnown, std::memory_order_release);
    stand_still();
  }
}

// The kernel's own helpers of a process (io_uring workers) block everything and never answer.
bool takes_signal(uint32_t tid, int task_fd) noexcept {
  char path[40];
  char text[4096];
  put_task_path(path, sizeof path, tid, "/status");
  const size_t size = read_at(task_fd, path, text, sizeof text);
  static constexpr char kKey[] = "SigBlk:\t";
  const char* const found = find_text(text, text + size, kKey, sizeof kKey - 1);
  if (found == nullptr) return size == 0;  // not known: it may answer
  const char* at = found + sizeof kKey - 1;
  return (take_hex(at, text + size) & signal_safe::signal_bit(core_ask_signal())) == 0;
}

// False while a thread blocks the signal.
bool ask_unasked(ThreadList& list, int task_fd) noexcept {
  bool all = true;
  const uint32_t pid = signal_safe::process_id();
  for (size_t i = 0; i < list.count; ++i) {
    ThreadNotes& notes = list.notes[i];
    if (notes.state.load(std::memory_order_relaxed) != ThreadNotes::State::kUnknown) continue;
    if (!takes_signal(notes.tid, task_fd)) {
      all = false;
      continue;
    }
    notes.state.store(ThreadNotes::State::kAsked, std::memory_order_release);
    if (::syscall(SYS_tgkill, pid, notes.tid, core_ask_signal()) != 0) {
      notes.state.store(ThreadNotes::State::kUnknown, std::memory_order_relaxed);
    }
  }
  return all;
}

bool all_answered(const ThreadList& list) noexcept {
  for (size_t i = 0; i < list.count; ++i) {
    if (list.notes[i].state.load(std::memory_order_acquire) == ThreadNotes::State::kAsked) return false;
  }
  return true;
}

}  // namespace

Status install_core_ask() {
  struct sigaction action {};
  action.sa_sigaction = on_asked;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigfillset(&action.sa_mask);
  if (::sigaction(core_ask_signal(), &action, nullptr) != 0) {
    return fail_errno(errno, "install the signal that asks threads for their registers");
  }
  return {};
}

void ask_threads(ThreadList& list, int task_fd) noexcept {
  g_asked.store(&list, std::memory_order_release);
  const uint64_t blocked_until_ns = signal_safe::clock_ns(CLOCK_MONOTONIC) + kBlockedPatienceNs;
  while (!ask_unasked(list, task_fd) && signal_safe::clock_ns(CLOCK_MONOTONIC) < blocked_until_ns) {
    ::syscall(SYS_nanosleep, &kNap, nullptr);
  }
  const uint64_t until_ns = signal_safe::clock_ns(CLOCK_MONOTONIC) + kPatienceNs;
  while (!all_answered(list) && signal_safe::clock_ns(CLOCK_MONOTONIC) < until_ns) {
    ::syscall(SYS_nanosleep, &kNap, nullptr);
  }
}

}  // namespace crashwright::postmortem::core_self
