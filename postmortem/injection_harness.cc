#include <ctime>

#include "postmortem/control_block.h"
#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {
namespace {

void nap() {
  const timespec time{0, 200'000};
  ::nanosleep(&time, nullptr);
}

// One request at a time; the index goes first, because the harness reads it as soon as it sees the request.
void raise_request(HarnessRequest request, const ArmedFault& fault) {
  ControlBlock& block = control_block();
  const auto index = static_cast<uint32_t>(&fault - block.faults);
  for (;;) {
    HarnessRequest none = HarnessRequest::kNone;
    if (block.harness_request.load(std::memory_order_acquire) == none) {
      block.harness_request_fault.store(index, std::memory_order_relaxed);
      if (block.harness_request.compare_exchange_strong(none, request)) return;
    }
    nap();
  }
}

}  // namespace

CRASHWRIGHT_FAULT_FUNCTION void request_kill(const ArmedFault& fault) {
  raise_request(HarnessRequest::kKill, fault);
  for (;;) nap();
}

CRASHWRIGHT_FAULT_FUNCTION void request_stop(const ArmedFault& fault) {
  raise_request(HarnessRequest::kStop, fault);
  while (control_block().harness_request.load(std::memory_order_acquire) == HarnessRequest::kStop) nap();
}

CRASHWRIGHT_FAULT_FUNCTION void request_disconnect(const ArmedFault& fault) {
  raise_request(HarnessRequest::kDisconnectExchange, fault);
  // A short session would be over before the exchange hears of it.
  while (control_block().harness_request.load(std::memory_order_acquire) == HarnessRequest::kDisconnectExchange) nap();
}

CRASHWRIGHT_FAULT_FUNCTION void request_second_primary(const ArmedFault& fault) {
  raise_request(HarnessRequest::kSecondPrimary, fault);
  while (control_block().harness_request.load(std::memory_order_acquire) == HarnessRequest::kSecondPrimary) nap();
}

}  // namespace crashwright::postmortem::injection
