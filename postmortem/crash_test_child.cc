// A small engine for the tests of the crash handler: installs it, then dies as it is told to.
//
//   crash_test_child RECORD MODE [DEADLINE_MS [PLANTED_BUG]]
//
// Faults are armed by the test in the control block, at the point "child.point". Modes: `main` and `thread` pass the
// point once on that thread; `watched` with a watchdog; `two` on two threads at the same moment; `second` on a second
// thread while the first is inside the handler; `null_call`; `wait` waits for a signal; `beat` beats until the test
// writes kDisconnectExchange into harness_request; `silent` keeps still in begin_wait() for three times the watchdog's
// time; `death:NAME` one of testing/deaths.h.
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

#include "postmortem/control_block.h"
#include "postmortem/crash_handler.h"
#include "postmortem/engine_thread.h"
#include "postmortem/fault_point.h"
#include "postmortem/planted_bug.h"
#include "postmortem/testing/deaths.h"

namespace crashwright::postmortem {

// Replaced by the interposing variant, which counts library calls from here on.
[[gnu::weak]] void about_to_crash() {}

namespace {

constexpr std::chrono::milliseconds kStallAfter{200};
std::atomic<int> g_ready{0};

[[gnu::noinline]] void pass_child_point() {
  about_to_crash();
  CRASHWRIGHT_FAULT_POINT("child.point");
}

void run_thread(const char* name, Watchdog* watchdog) {
  EngineThread self(name, watchdog);
  pass_child_point();
}

void meet_and_die(const char* name) {
  EngineThread self(name);
  g_ready.fetch_add(1);
  while (g_ready.load() < 2) ::sched_yield();
  pass_child_point();
}

void die_during_the_other(const char* name) {
  EngineThread self(name);
  while (!crash_in_progress()) ::sched_yield();
  pass_child_point();
}

[[gnu::noinline]] void call_null() {
  void (*volatile function)() = nullptr;
  function();
}

void beat_until_told(Watchdog& watchdog) {
  EngineThread self("trading", &watchdog);
  while (control_block().harness_request.load() != HarnessRequest::kDisconnectExchange) {
    self.beat();
    ::sched_yield();
  }
}

void keep_still(Watchdog& watchdog) {
  EngineThread self("trading", &watchdog);
  self.begin_wait();
  std::this_thread::sleep_for(3 * kStallAfter);
  self.end_wait();
}

int run_watched(void (*function)(Watchdog&)) {
  Watchdog watchdog({.stall_after = kStallAfter});
  if (!watchdog.start()) return 4;
  std::thread(function, std::ref(watchdog)).join();
  return 0;
}

// As an engine's threads do, where the death's threads are not to be EngineThreads.
void prepare_thread(const char* name) {
  static thread_local AlternateStack stack;
  static_cast<void>(stack);
  register_thread(name);
}

const testing::Death* death_of(std::string_view mode) {
  constexpr std::string_view kPrefix = "death:";
  return mode.starts_with(kPrefix) ? testing::find_death(mode.substr(kPrefix.size())) : nullptr;
}

int run(std::string_view mode) {
  if (const testing::Death* const death = death_of(mode)) {
    testing::die(*death, {.prepare_thread = prepare_thread, .about_to_die = [] { about_to_crash(); }});
  } else if (mode == "main") {
    pass_child_point();
  } else if (mode == "thread") {
    std::thread(run_thread, "trading", nullptr).join();
  } else if (mode == "two") {
    std::thread other(meet_and_die, "feed");
    meet_and_die("trading");
    other.join();
  } else if (mode == "second") {
    std::thread other(die_during_the_other, "feed");
    run_thread("trading", nullptr);
    other.join();
  } else if (mode == "null_call") {
    call_null();
  } else if (mode == "wait") {
    control_block().engine.resumed_ns.store(1);
    for (;;) ::pause();
  } else if (mode == "watched") {
    return run_watched([](Watchdog& watchdog) { run_thread("trading", &watchdog); });
  } else if (mode == "beat") {
    return run_watched(beat_until_told);
  } else if (mode == "silent") {
    return run_watched(keep_still);
  } else {
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace crashwright::postmortem

int main(int argc, char** argv) {
  using namespace crashwright::postmortem;
  if (argc < 3) return 2;
  CrashHandlerOptions options{.record_path = argv[1]};
  if (argc > 3) options.deadline = std::chrono::milliseconds(std::atoi(argv[3]));
  if (argc > 4 && !plant_bug(argv[4])) return 2;
  const testing::Death* const death = death_of(argv[2]);
  if (death != nullptr && death->before_install != nullptr) death->before_install();
  const auto attached = attach_control_block();
  const auto installed = install_crash_handler(options);
  if (!attached || !installed) {
    std::fprintf(stderr, "%s\n", (attached ? installed : attached).error().message.c_str());
    return 3;
  }
  return run(argv[2]);
}
