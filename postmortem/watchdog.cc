#include "postmortem/watchdog.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <system_error>

#include "base/check.h"
#include "base/clock.h"
#include "postmortem/crash_handler.h"
#include "postmortem/crash_texts.h"
#include "postmortem/engine_thread.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"

// Present only in a program built with AddressSanitizer.
extern "C" int __asan_report_present() __attribute__((weak));

namespace crashwright::postmortem {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kPatienceFactor = 4;
#else
constexpr uint64_t kPatienceFactor = 1;
#endif

// After this much more silence the watchdog aborts on its own thread: the stalled one takes no signals.
constexpr uint64_t kEscalateNs = 5'000'000'000;

// How often the flight recorder's clocks are read again.
constexpr uint64_t kClockRefreshNs = 2'000'000'000;

uint64_t nanoseconds(std::chrono::milliseconds time) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(time).count());
}

uint64_t interval_of(const WatchdogOptions& options) {
  if (options.interval.count() > 0) return nanoseconds(options.interval);
  return std::max<uint64_t>(nanoseconds(options.stall_after) / 10, 1'000'000);
}

// Dying already, or a sanitizer is writing its report: both end the process by themselves.
bool process_is_dying() {
  return crash_in_progress() || (__asan_report_present != nullptr && __asan_report_present() != 0);
}

}  // namespace

Watchdog::Watchdog(const WatchdogOptions& options)
    : stall_ns_(nanoseconds(options.stall_after) * kPatienceFactor), interval_ns_(interval_of(options)) {
  CRASHWRIGHT_CHECK(options.stall_after.count() > 0, "a watchdog needs a time to wait for");
}

Watchdog::~Watchdog() { stop(); }

Status Watchdog::start() {
  CRASHWRIGHT_CHECK(!thread_.joinable(), "a watchdog is started once");
  stopping_.store(0);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "start the watchdog's thread");
  }
  return {};
}

void Watchdog::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(1);
  ::syscall(SYS_futex, &stopping_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  thread_.join();
}

Watchdog::Slot& Watchdog::claim(const char* name) {
  for (Slot& slot : slots_) {
    SlotState expected = SlotState::kFree;
    if (!slot.state.compare_exchange_strong(expected, SlotState::kClaimed)) continue;
    slot.name.assign(name);
    slot.tid.store(static_cast<uint32_t>(::gettid()), std::memory_order_relaxed);
    slot.generation.fetch_add(1, std::memory_order_relaxed);
    slot.state.store(SlotState::kWatched, std::memory_order_release);
    return slot;
  }
  CRASHWRIGHT_CHECK(false, "more heartbeats than kHeartbeatsMax");
  std::abort();
}

void Watchdog::run() {
  const EngineThread self("watchdog");
  uint64_t before_ns = monotonic_ns();
  uint64_t clock_refreshed_ns = before_ns;
  const timespec interval{static_cast<time_t>(interval_ns_ / 1'000'000'000U),
                          static_cast<long>(interval_ns_ % 1'000'000'000U)};
  while (stopping_.load() == 0) {
    ::syscall(SYS_futex, &stopping_, FUTEX_WAIT_PRIVATE, 0, &interval, nullptr, 0);
    const uint64_t now_ns = monotonic_ns();
    // A late wake-up means that nobody ran, not that one thread stalled: it counts as one interval.
    look(std::min(now_ns - before_ns, interval_ns_));
    before_ns = now_ns;
    if (now_ns - clock_refreshed_ns < kClockRefreshNs) continue;
    refresh_flight_clock();
    clock_refreshed_ns = now_ns;
  }
}

void Watchdog::look(uint64_t elapsed_ns) {
  for (Slot& slot : slots_) {
    const uint64_t beats = slot.beats.load(std::memory_order_relaxed);
    const bool watched = slot.state.load(std::memory_order_acquire) == SlotState::kWatched;
    const uint32_t generation = slot.generation.load(std::memory_order_relaxed);
    if (!watched || beats != slot.seen_beats || generation != slot.seen_generation) {
      slot.seen_beats = beats;
      slot.seen_generation = generation;
      slot.stalled_ns = 0;
      continue;
    }
    slot.stalled_ns += elapsed_ns;
    const uint64_t patience_ns = CRASHWRIGHT_PLANTED("watchdog_too_eager") ? stall_ns_ / 16 : stall_ns_;
    if (slot.stalled_ns >= patience_ns) act(slot);
  }
}

void Watchdog::act(Slot& slot) {
  if (CRASHWRIGHT_PLANTED("watchdog_deaf")) return;
  if (process_is_dying()) return;
  HandlerWitness& witness = control_block().handler;
  if (witness.watchdog_stalled_tid.load(std::memory_order_relaxed) != 0) {
    if (slot.stalled_ns > stall_ns_ + kEscalateNs) std::abort();
    return;
  }
  const uint32_t tid = CRASHWRIGHT_PLANTED("watchdog_blames_itself") ? static_cast<uint32_t>(::gettid())
                                                                     : slot.tid.load(std::memory_order_relaxed);
  witness.watchdog_acted_ns.store(monotonic_ns(), std::memory_order_relaxed);
  witness.watchdog_stalled_tid.store(tid, std::memory_order_release);
  char line[96];
  const int size = std::snprintf(line, sizeof line, "watchdog: thread %s stalled for %llu ms", slot.name.bytes,
                                 static_cast<unsigned long long>(slot.stalled_ns / 1'000'000U));
  note_crash_text(crash_format::TextKind::kWatchdog, line);
  line[size] = '\n';
  if (::write(STDERR_FILENO, line, static_cast<size_t>(size) + 1) < 0) line[size] = '\0';
  CRASHWRIGHT_LOG_ERROR("watchdog: thread {} stalled for {} ms", slot.name.view(), slot.stalled_ns / 1'000'000U);
  ::syscall(SYS_tgkill, ::getpid(), tid, SIGABRT);
}

Heartbeat::Heartbeat(Watchdog& watchdog, const char* name)
    : slot_(watchdog.claim(name)), witness_(register_thread(name)) {
  beats_ = slot_.beats.load(std::memory_order_relaxed);
}

Heartbeat::~Heartbeat() { slot_.state.store(Watchdog::SlotState::kFree, std::memory_order_release); }

}  // namespace crashwright::postmortem
