// Faults of what an engine takes in: the feed's messages and the wall clock. The engine's code asks for them where it
// takes a message or reads the clock, so that what arrives is wrong and not the code that reads it.
#include <atomic>

#include "base/clock.h"
#include "postmortem/injection.h"
#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {
namespace {

std::atomic<ArmedFault*> g_input_fault{nullptr};
std::atomic<ArmedFault*> g_poison{nullptr};
std::atomic<int64_t> g_wall_step_ns{0};

// The armed poison, when it is that message.
ArmedFault* poison_at(PoisonSource source, uint64_t number) noexcept {
  ArmedFault* const poison = g_poison.load(std::memory_order_relaxed);
  if (poison == nullptr || static_cast<uint64_t>(poison->args[0]) != number) return nullptr;
  const bool of_exchange = poison->point == "gateway.on_message";
  return of_exchange == (source == PoisonSource::kExchange) ? poison : nullptr;
}

}  // namespace

void set_input_fault(ArmedFault& fault) noexcept { g_input_fault.store(&fault); }

InputFault take_input_fault() noexcept {
  if (g_input_fault.load(std::memory_order_relaxed) == nullptr) return InputFault::kNone;
  ArmedFault* const fault = g_input_fault.exchange(nullptr);
  if (fault == nullptr) return InputFault::kNone;
  confirm(*fault, static_cast<int64_t>(fault->fired_hit.load()));
  return fault->action == FaultAction::kFeedGap ? InputFault::kGap : InputFault::kMalformed;
}

void set_poison(ArmedFault& fault) noexcept { g_poison.store(&fault); }

void swallow(PoisonSource source, uint64_t number) {
  if (poison_at(source, number) != nullptr) null_dereference();
}

void spare(PoisonSource source, uint64_t number) noexcept {
  ArmedFault* const poison = poison_at(source, number);
  if (poison != nullptr) confirm(*poison, static_cast<int64_t>(number));
}

void step_wall_clock(ArmedFault& fault) noexcept {
  g_wall_step_ns.fetch_add(fault.args[0]);
  confirm(fault, fault.args[0]);
}

int64_t wall_step_ns() noexcept { return g_wall_step_ns.load(std::memory_order_relaxed); }

}  // namespace crashwright::postmortem::injection
