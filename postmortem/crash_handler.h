// The crash handler: writes a crash record from inside the dying process, then lets the kernel dump the core that the
// original signal would have given without any handler.
//
// What it catches: SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, and std::terminate (exception type and
// what()). Stages, raw facts first: facts, texts, modules, stack, stack walk, frames, the other threads, chain (a
// sanitizer's own handler).
// A fault inside a stage is recorded and the next stage goes on; a hung handler dies at `deadline` all the same; of two
// threads that die at once one writes and the other is noted and waits.
// The core shows the original signal, si_code, fault address and registers: the saved siginfo is queued again with the
// default action restored, and delivered as the handler returns into the context that crashed.
//
// The other threads are held still while their registers, frames and stacks are written (crash_threads.h), and go on
// until the kernel ends them.
// Cost:    nothing until a signal comes: no instruction in any path of the program.
//
// Threads: install once, before other threads start. Each thread that is to survive the exhaustion of its own stack
// owns
//          an AlternateStack (EngineThread brings one); the calling thread gets one at install.
// Errors:  install returns kIo / kEnvironment; afterwards nothing reports errors, the record says what failed.
// Signal context: the handler itself allocates nothing, locks nothing, uses no stdio. install_crash_handler() and
//          refresh_crash_modules() are for normal context only.
// Format:  crash_record_format.md; read with crash_record_reader.h.
// AddressSanitizer: its handler keeps working. For a fatal signal the record is written first, then ASan reports and
//          aborts, then the process dies of the original signal; for an error that ASan finds itself, ASan reports and
//          aborts and the record is about that SIGABRT, with ASan's verdict as text.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright::postmortem {

struct CrashHandlerOptions {
  // Created (and emptied) at install, with 512 KiB of room kept free for it, so that the handler needs neither a
  // descriptor nor a block of the disk.
  std::string record_path;
  std::chrono::milliseconds deadline{2000};  // for all stages but the chain to a sanitizer, which gets ten times that
  // Not empty: once the record is complete the process writes its own core into this folder, as core.PID, for machines
  // where neither the kernel nor a tracer can (core_self_writer.h). Empty: as the environment variable
  // CRASHWRIGHT_OWN_CORE says, which a harness sets; without it no core is written.
  std::string own_core_folder{};
  std::chrono::milliseconds own_core_deadline{30'000};  // an unfinished core is then left as it is
};

inline constexpr const char* kOwnCoreVariable = "CRASHWRIGHT_OWN_CORE";

// Not an error: being called when a handler of somebody else is installed; it is replaced (sanitizers: chained to).
[[nodiscard]] Status install_crash_handler(const CrashHandlerOptions& options);

// Collects the loaded modules anew, after a dlopen or dlclose. Install does it once.
void refresh_crash_modules();

// The handler writes the dying thread's number there at its entry; null: nowhere. Must stay mapped until it is taken
// back. (InputGuard's page.)
void set_death_mark(std::atomic<uint32_t>* mark) noexcept;
// What the handler does with it, for the calling thread. Signal context: yes.
void mark_death() noexcept;

// True from the first entry of the handler on. Signal context: yes.
[[nodiscard]] bool crash_in_progress() noexcept;

// Alternate signal stack of the calling thread: mapped, prefaulted, with a guard page below. The destructor puts back
// what was there before (a sanitizer's own), so create and destroy it on the same thread.
class AlternateStack {
 public:
  AlternateStack() noexcept;
  ~AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

  // False when the mapping failed: then the thread runs without one, and only stack exhaustion goes unrecorded.
  [[nodiscard]] bool active() const noexcept { return mapping_ != nullptr; }

 private:
  void* mapping_ = nullptr;
  size_t mapping_bytes_ = 0;
  void* previous_stack_ = nullptr;
  size_t previous_bytes_ = 0;
  int previous_flags_ = 0;
};

}  // namespace crashwright::postmortem
