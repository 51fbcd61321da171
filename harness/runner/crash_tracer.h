// Takes the core of a dying process from outside where the kernel writes none: core_pattern hands it elsewhere, or
// RLIMIT_CORE is hard zero.
//
// The harness traces the engine. When a signal is about to be delivered whose action is the default one and deadly, the
// process still is what it was at the fault: all threads are stopped, the core is written, and the signal is then
// delivered, so that the wait status is the true one. Signals that the engine handles go through untouched; a crash
// handler that restores the default action and raises again is seen at that second delivery.
// The same tracer holds breakpoints at functions (function_breakpoint.h) and watches for a call that the kernel refuses
// (refused_call.h), since a process has one tracer only.
// Threads: attach() and serve() on the same thread, the tracer. Errors: kEnvironment when tracing is denied.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/runner/function_breakpoint.h"
#include "harness/runner/refused_call.h"

namespace crashwright::harness {

// A breakpoint and what is done when it is reached: `tid` stands at the function, and goes on afterwards.
struct TracedBreakpoint {
  FunctionBreakpoint at;
  std::function<void(int32_t tid)> reached;
  std::string failure;  // why it could not be put in; empty: it could, or nothing was executed yet
};

class CrashTracer {
 public:
  // Traces all present and future threads of a child; the core, if it comes to that, goes to `core_path` (empty: none
  // is taken). Breakpoints are put in by the next exec of the child, `refusal` is watched for from there on.
  [[nodiscard]] static Result<std::unique_ptr<CrashTracer>> attach(int32_t pid, const std::string& core_path,
                                                                   std::vector<TracedBreakpoint> breakpoints = {},
                                                                   std::optional<Refusal> refusal = std::nullopt);
  // As let_go().
  ~CrashTracer();
  CrashTracer(const CrashTracer&) = delete;
  CrashTracer& operator=(const CrashTracer&) = delete;

  // Lets the process go on untraced.
  void let_go();
  // From now on every system call is looked at until one is refused, which slows the process.
  void watch_for(const Refusal& refusal);
  // Handles whatever threads have stopped for; never blocks for long. The end of the process itself is left to be
  // waited for by the owner of the child, the ends of its other threads are consumed here. True: something had stopped.
  bool serve();
  [[nodiscard]] const std::vector<TracedBreakpoint>& breakpoints() const { return breakpoints_; }
  // The process waits for us often: serve() is to be called again at once.
  [[nodiscard]] bool is_busy() const { return !breakpoints_.empty() || awaited_; }
  // "a call was refused with EFBIG", "SIGXCPU came": a limit was reached; empty: none (so far).
  [[nodiscard]] const std::string& limit_reached() const { return limit_reached_; }
  // Empty: none written (so far).
  [[nodiscard]] const std::string& core_path() const { return written_; }
  // Why a core could not be written; empty when it was, or when none was due.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  struct Thread {
    int32_t tid;
    bool stopped;
    int status = 0;  // what it stopped for, when others were to be stopped
  };

  CrashTracer(int32_t pid, std::string core_path, std::vector<TracedBreakpoint> breakpoints,
              std::optional<Refusal> refusal)
      : pid_(pid), path_(std::move(core_path)), breakpoints_(std::move(breakpoints)), awaited_(refusal) {}
  [[nodiscard]] bool attach_all(int& error_number);
  void resume(int32_t tid, int signal_number) const;
  void on_stop(Thread& thread, int status);
  void on_call(int32_t tid);
  void on_event(int32_t tid, int event, int number);
  void on_exec();
  void on_fork(int32_t tid, bool shares_memory);
  [[nodiscard]] bool on_breakpoint(int32_t tid);
  void take_core(int32_t blamed);
  // All threads but `standing`; those that stopped for something else than being asked to get it when they go on.
  void stop_others(int32_t standing);
  void resume_others(int32_t standing);

  int32_t pid_;
  std::string path_;
  std::string written_;
  std::string failure_;
  std::vector<Thread> threads_;
  std::vector<TracedBreakpoint> breakpoints_;
  std::optional<Refusal> awaited_;
  std::string limit_reached_;
};

}  // namespace crashwright::harness
