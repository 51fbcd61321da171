#include "harness/runner/interrupt.h"

#include <atomic>
#include <csignal>

namespace crashwright::harness {
namespace {

std::atomic<bool> g_interrupted{false};
struct sigaction g_former_int;
struct sigaction g_former_term;
struct sigaction g_former_hup;

void on_signal(int) { interrupt_runs(); }

}  // namespace

void interrupt_runs() noexcept { g_interrupted.store(true, std::memory_order_relaxed); }

bool interrupted() noexcept { return g_interrupted.load(std::memory_order_relaxed); }

void clear_interrupt() noexcept { g_interrupted.store(false, std::memory_order_relaxed); }

InterruptSignals::InterruptSignals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  // The second signal finds the default action: whoever presses twice wants out now.
  action.sa_flags = SA_RESETHAND;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &g_former_int);
  ::sigaction(SIGTERM, &action, &g_former_term);
  ::sigaction(SIGHUP, &action, &g_former_hup);
}

InterruptSignals::~InterruptSignals() {
  ::sigaction(SIGINT, &g_former_int, nullptr);
  ::sigaction(SIGTERM, &g_former_term, nullptr);
  ::sigaction(SIGHUP, &g_former_hup, nullptr);
}

}  // namespace crashwright::harness
