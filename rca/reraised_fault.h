// The fault behind a signal that the process sent itself: the common crash handler says a word, restores the default
// action and raises the signal again (or aborts), and the core then tells of the raise alone.
//
// While the handler still runs, the kernel's frame of the signal on the stack has the registers, and the first siginfo
// where the handler asked for it. Where the signal was blocked until the handler returned, the thread stands at the
// very instruction again. Without a siginfo the instruction shows what it cannot do.
// Threads: one owner. Signal context: no.
// Errors:  nothing where no thread met a fault: then the process did send itself the signal.
#pragma once

#include <sys/user.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "rca/core_file.h"
#include "rca/stack_unwinder.h"

namespace crashwright::rca {

struct ReraisedFault {
  int32_t tid = 0;
  int32_t signal = 0;
  int32_t code = 0;      // as the kernel gave it, or gives it for such an instruction
  uint64_t address = 0;  // that was accessed; 0 where the kernel has none
  user_regs_struct registers{};
  size_t sites_above = 0;  // of the stack, that belong to the handler
};

// The fault that the core's signal repeats: of the thread that took it, or else of one whose handler still runs.
// Nothing unless the process sent that signal itself. `stacks` are those that were unwound, by thread.
[[nodiscard]] std::optional<ReraisedFault> reraised_fault(const CoreFile& core,
                                                          const std::map<int32_t, CallStack>& stacks);

}  // namespace crashwright::rca
