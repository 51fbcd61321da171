#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

#include "base/clock.h"
#include "postmortem/control_block.h"
#include "postmortem/crash_handler.h"
#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {
namespace {

// Named as in an engine, because the autopsy shows them.
pthread_mutex_t book_mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t risk_mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t book_changed = PTHREAD_COND_INITIALIZER;
std::atomic<int> g_holding{0};
std::atomic<int> g_dying{0};
std::atomic<int> g_whose_turn{0};

// Both hold their first mutex before either asks for its second: the deadlock is certain.
void wait_until_both_hold_one() {
  g_holding.fetch_add(1);
  while (g_holding.load() < 2) ::sched_yield();
}

CRASHWRIGHT_FAULT_FUNCTION void lock_book_then_risk() {
  pthread_mutex_lock(&book_mutex);
  wait_until_both_hold_one();
  pthread_mutex_lock(&risk_mutex);
  opaque(&risk_mutex);
}

CRASHWRIGHT_FAULT_FUNCTION void lock_risk_then_book() {
  pthread_mutex_lock(&risk_mutex);
  wait_until_both_hold_one();
  pthread_mutex_lock(&book_mutex);
  opaque(&book_mutex);
}

// Each lets the other go first, for ever: both run, neither gets anywhere.
[[noreturn]] CRASHWRIGHT_FAULT_FUNCTION void give_way(int self, int other) {
  for (;;) {
    if (g_whose_turn.load(std::memory_order_relaxed) == self) g_whose_turn.store(other, std::memory_order_relaxed);
  }
}

void* deadlock_partner(void*) {
  pthread_setname_np(pthread_self(), "deadlock_peer");
  lock_risk_then_book();
  return nullptr;
}

void wait_until_both_are_there() {
  g_dying.fetch_add(1);
  while (g_dying.load() < 2) ::sched_yield();
}

// The second to die, so that a case ends the same way each time: while the first one is being recorded.
void* dying_partner(void*) {
  pthread_setname_np(pthread_self(), "dying_peer");
  wait_until_both_are_there();
  while (!crash_in_progress()) ::sched_yield();
  null_dereference();
  return nullptr;
}

void* livelock_partner(void*) {
  pthread_setname_np(pthread_self(), "livelock_peer");
  give_way(1, 0);
}

void start_partner(void* (*function)(void*)) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, function, nullptr) == 0) pthread_detach(thread);
}

}  // namespace

CRASHWRIGHT_FAULT_FUNCTION void self_deadlock() {
  pthread_mutex_lock(&book_mutex);
  pthread_mutex_lock(&book_mutex);
  opaque(&book_mutex);
}

// The signal is given before anybody waits for it, and the condition is not looked at.
CRASHWRIGHT_FAULT_FUNCTION void lost_wakeup() {
  pthread_cond_signal(&book_changed);
  pthread_mutex_lock(&book_mutex);
  for (;;) pthread_cond_wait(&book_changed, &book_mutex);
}

CRASHWRIGHT_FAULT_FUNCTION void slow_thread(ArmedFault& fault) {
  const uint64_t begun_ns = monotonic_ns();
  timespec left{fault.args[0] / 1'000'000'000, fault.args[0] % 1'000'000'000};
  while (::nanosleep(&left, &left) != 0) {
  }
  confirm(fault, static_cast<int64_t>(monotonic_ns() - begun_ns));
}

CRASHWRIGHT_FAULT_FUNCTION void two_threads_die() {
  start_partner(dying_partner);
  wait_until_both_are_there();
  null_dereference();
}

CRASHWRIGHT_FAULT_FUNCTION void lock_order_deadlock() {
  start_partner(deadlock_partner);
  lock_book_then_risk();
}

CRASHWRIGHT_FAULT_FUNCTION void stalled_thread() {
  for (;;) ::pause();
}

CRASHWRIGHT_FAULT_FUNCTION void livelock() {
  start_partner(livelock_partner);
  give_way(0, 1);
}

}  // namespace crashwright::postmortem::injection
