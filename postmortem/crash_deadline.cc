// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include <time.h>

#include "postmortem/crash_state.h"

namespace crashwright::postmortem::crash {
namespace {

// As the kernel takes it; glibc hides the thread id behind a name that not all versions have.
struct KernelSigevent {
  sigval value;
  int signal;
  int notify;
  int thread_id;
  int padding[11];
};
static_assert(sizeof(KernelSigevent) == 64);

}  // namespace

void arm_deadline(uint64_t deadline_ns) noexcept {
  if (!g_state.deadline_armed) {
    KernelSigevent event{};
    event.signal = deadline_signal();
    event.notify = SIGEV_THREAD_ID;
    event.thread_id = static_cast<int>(signal_safe::thread_id());
    if (::syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &g_state.deadline_timer) != 0) return;
    g_state.deadline_armed = true;
  }
  itimerspec times{};
  times.it_value.tv_sec = static_cast<time_t>(deadline_ns / 1'000'000'000U);
  times.it_value.tv_nsec = static_cast<long>(deadline_ns % 1'000'000'000U);
  // And again: what is done after the deadline may hang as well.
  times.it_interval.tv_nsec = static_cast<long>(kDeadlineAgainNs);
  ::syscall(SYS_timer_settime, g_state.deadline_timer, 0, &times, nullptr);
}

void disarm_deadline() noexcept {
  if (!g_state.deadline_armed) return;
  ::syscall(SYS_timer_delete, g_state.deadline_timer);
  g_state.deadline_armed = false;
}

}  // namespace crashwright::postmortem::crash
