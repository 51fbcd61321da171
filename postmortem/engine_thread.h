// What every thread of an engine does first: EngineThread at the top of the thread's function.
//
//   void trading_loop(Watchdog& watchdog) {
//     EngineThread self("trading", &watchdog);
//     while (next_message()) { self.beat(); ... }
//
// It names the thread (for the kernel, the control block and the flight recorder), gives it an alternate signal stack
// and, with a watchdog, a heartbeat.
// Threads: a stack object of its thread. Errors: none; without memory for a stack the thread runs without one.
// Signal context: no.
#pragma once

#include <optional>

#include "postmortem/crash_handler.h"
#include "postmortem/watchdog.h"

namespace crashwright::postmortem {

class EngineThread {
 public:
  // `name`: 15 characters at most. `watchdog` null: the thread is not watched.
  explicit EngineThread(const char* name, Watchdog* watchdog = nullptr);
  ~EngineThread();
  // That of the calling thread, the innermost one; null: it has none.
  [[nodiscard]] static EngineThread* current() noexcept;

  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  void beat() noexcept {
    if (heartbeat_) heartbeat_->beat();
  }
  // Around a wait for work that may take any time.
  void begin_wait() noexcept {
    waiting_ = true;
    if (heartbeat_) heartbeat_->begin_wait();
  }
  void end_wait() noexcept {
    waiting_ = false;
    if (heartbeat_) heartbeat_->end_wait();
  }
  [[nodiscard]] bool waiting() const noexcept { return waiting_; }

 private:
  AlternateStack stack_;
  std::optional<Heartbeat> heartbeat_;
  bool waiting_ = false;
  EngineThread* const outer_;
};

}  // namespace crashwright::postmortem
