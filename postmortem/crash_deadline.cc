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

// For the process: nobody knows yet which thread will die. Whichever thread takes the signal hands it on.
void make_deadline() noexcept {
  KernelSigevent event{};
  event.signal = deadline_signal();
  event.notify = SIGEV_SIGNAL;
  if (g_state.deadline_made) ::syscall(SYS_timer_delete, g_state.deadline_timer);
  g_state.deadline_made = ::syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &g_state.deadline_timer) == 0;
}

void arm_deadline(uint64_t deadline_ns) noexcept {
  if (!g_state.deadline_made) return;
  itimerspec times{};
  times.it_value.tv_sec = static_cast<time_t>(deadline_ns / 1'000'000'000U);
  times.it_value.tv_nsec = static_cast<long>(deadline_ns % 1'000'000'000U);
  // And again: what is done after the deadline may hang as well.
  times.it_interval.tv_nsec = static_cast<long>(kDeadlineAgainNs);
  ::syscall(SYS_timer_settime, g_state.deadline_timer, 0, &times, nullptr);
}

void disarm_deadline() noexcept {
  const itimerspec times{};
  if (g_state.deadline_made) ::syscall(SYS_timer_settime, g_state.deadline_timer, 0, &times, nullptr);
}

}  // namespace crashwright::postmortem::crash
