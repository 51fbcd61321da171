#undef NDEBUG  // the assertion below is the fault
#include <cassert>
#include <climits>
#include <cstdlib>
#include <stdexcept>

#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {

CRASHWRIGHT_FAULT_FUNCTION void signed_overflow() {
  int position = opaque(INT_MAX);
  position += opaque(1);
  opaque(position);
}

CRASHWRIGHT_FAULT_FUNCTION void deliberate_abort() { std::abort(); }

CRASHWRIGHT_FAULT_FUNCTION void failed_assertion() {
  const int position = opaque(101);
  const int position_limit = opaque(100);
  assert(position <= position_limit);
}

CRASHWRIGHT_FAULT_FUNCTION void uncaught_exception() { throw std::runtime_error("order book is inconsistent"); }

// Hidden from UBSan, which would report and abort before the processor traps.
CRASHWRIGHT_HIDDEN_FROM_UBSAN void division_by_zero() {
  const int notional_ticks = opaque(1000);
  const int quantity = opaque(0);
  opaque(notional_ticks / quantity);
}

}  // namespace crashwright::postmortem::injection
