// What the files of the crash handler share while a process dies: who owns the crash, what the signal said, how far the
// stages have come.
//
// Threads: `owner_tid` decides who writes the rest. Signal context: yes, all of it.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "postmortem/crash_record_format.h"
#include "postmortem/crash_stack_walk.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem::crash {

inline constexpr int kFatalSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
inline constexpr uint32_t kNestedFaultsMax = 16;
inline constexpr uint64_t kChainDeadlineFactor = 10;
inline constexpr uint64_t kDeadlineAgainNs = 500'000'000;
// glibc's ucontext_t is longer than the kernel's; only these bytes are the kernel's own.
inline constexpr size_t kSiginfoBytes = 128;

// Above what a program's own loops over descriptors usually close or dup over.
inline constexpr int kDescriptorMin = 200;

// Real-time signals far from those that programs use: one interrupts a hung stage, one asks a thread for its registers.
[[nodiscard]] inline int deadline_signal() noexcept { return SIGRTMAX - 2; }
[[nodiscard]] inline int ask_signal() noexcept { return SIGRTMAX - 3; }

struct State {
  std::atomic<uint32_t> owner_tid;      // 0: nobody died yet
  std::atomic<uint32_t> installed_pid;  // a forked child that did not install its own handler must not write
  std::atomic<uint32_t> stage;
  std::atomic<uint32_t> nested_faults;
  std::atomic<uint32_t> deadlines;
  std::atomic<bool> restartable;
  uint64_t deadline_ns;
  uint64_t own_core_deadline_ns;
  int deadline_timer;
  bool deadline_made;
  uint8_t attempts[16];  // by stage
  int signal;
  const siginfo_t* info;  // on the owner's signal stack
  ucontext_t* context;
  const char* last_fault_point;
  std::atomic<std::atomic<uint32_t>*> death_mark;
  void* chained[32];  // a sanitizer's handlers by signal, null: none
};
extern State g_state;

// crash_stages.cc. Runs all stages that are left, as often as nested faults make it start again.
void run_stages() noexcept;
// Back into run_stages() from a signal handler on top of it.
[[noreturn]] void restart_stages() noexcept;

// At install: reads and walks the caller's own stack, so that code, tables and buffers are in memory when it counts.
void rehearse_stages() noexcept;
// What a walk may still use: the unwind tables only until one of the stages that use them has faulted.
[[nodiscard]] WalkTables walk_tables() noexcept;

// crash_deadline.cc. The timer is made at install, in normal context: at the crash the kernel might refuse it.
void make_deadline() noexcept;
void arm_deadline(uint64_t deadline_ns) noexcept;
void disarm_deadline() noexcept;

// crash_own_core.cc. Nothing where the process was not told to write its own core.
void write_core_of_crash() noexcept;

// crash_planted.cc. Not signal-safe: that is the bug.
void allocate_and_print(int signal) noexcept;

// The planted bug "handler_opens_its_record_late": the record is closed at install, and opened when it is needed.
void forget_record(const std::string& path, int descriptor);
void open_record_late() noexcept;

// crash_entry.cc
void on_fatal_signal(int signal, siginfo_t* info, void* context) noexcept;
void on_deadline(int signal, siginfo_t* info, void* context) noexcept;
// What a thread other than the owner died of, null when it did not.
[[nodiscard]] const ucontext_t* context_of_other_death(uint32_t tid) noexcept;
// Signals blocked while the handler runs: all but the fatal ones and the deadline.
[[nodiscard]] uint64_t handler_mask() noexcept;

[[nodiscard]] inline uint64_t program_counter(const ucontext_t& context) noexcept {
  return static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
}

}  // namespace crashwright::postmortem::crash
