// The watchdog: one heartbeat per thread; a thread that stops beating is named, then made to die so that a core exists.
//
// A stall is written to the control block (HandlerWitness), to the flight recorder, to standard error
// ("watchdog: thread trading stalled for 512 ms") and into the crash record; then the stalled thread gets SIGABRT by
// tgkill, so that the faulting thread of the core is the stalled one.
// Time:    a thread's stall grows only while the watchdog itself runs on time: a wake-up that comes late (the process
// was
//          stopped, the machine suspended) counts as one interval, so SIGSTOP and SIGCONT never look like a stall.
// Threads: Watchdog: start() and stop() from one thread. Heartbeat: created, beaten and destroyed on its own thread.
// Cost:    beat() is two relaxed stores to the thread's own lines.
// Errors:  start() reports a thread that cannot be made; more than kHeartbeatsMax heartbeats are a programmer error.
// Sanitizers: builds under ASan or TSan wait four times `stall_after`, and never interrupt an ASan report.
// Signal context: beat() yes, the rest no.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "base/result.h"
#include "postmortem/control_block.h"

namespace crashwright::postmortem {

inline constexpr size_t kHeartbeatsMax = 16;

struct WatchdogOptions {
  std::chrono::milliseconds stall_after{500};  // without a beat; above zero
  std::chrono::milliseconds interval{0};       // between looks; 0: a tenth of stall_after, at least 1 ms
};

class Watchdog {
 public:
  explicit Watchdog(const WatchdogOptions& options = {});
  ~Watchdog();  // stops
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  [[nodiscard]] Status start();
  void stop();

 private:
  friend class Heartbeat;

  enum class SlotState : uint32_t { kFree, kClaimed, kWatched, kWaiting };
  struct alignas(64) Slot {
    std::atomic<uint64_t> beats;
    std::atomic<SlotState> state;
    std::atomic<uint32_t> tid;
    std::atomic<uint32_t> generation;  // grows with each claim, so that a reused slot starts afresh
    BoundedString<16> name;
    // The watchdog thread's own view.
    uint64_t seen_beats;
    uint32_t seen_generation;
    uint64_t stalled_ns;
  };

  void run();
  void look(uint64_t elapsed_ns);
  void act(Slot& slot);
  Slot& claim(const char* name);

  const uint64_t stall_ns_;
  const uint64_t interval_ns_;
  Slot slots_[kHeartbeatsMax]{};
  std::atomic<uint32_t> stopping_{0};  // futex word
  std::thread thread_;
};

class Heartbeat {
 public:
  Heartbeat(Watchdog& watchdog, const char* name);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  void beat() noexcept {
    slot_.beats.store(++beats_, std::memory_order_relaxed);
    witness_.heartbeats.store(beats_, std::memory_order_relaxed);
  }
  // Between the two the thread may be silent for as long as it likes (it waits for work and owes nothing).
  void begin_wait() noexcept { slot_.state.store(Watchdog::SlotState::kWaiting, std::memory_order_relaxed); }
  void end_wait() noexcept {
    beat();
    slot_.state.store(Watchdog::SlotState::kWatched, std::memory_order_release);
  }

 private:
  Watchdog::Slot& slot_;
  ThreadWitness& witness_;
  uint64_t beats_ = 0;
};

}  // namespace crashwright::postmortem
