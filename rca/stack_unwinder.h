// The call stack of a thread in a core, innermost first.
//
// Unwinds by the modules' call frame information (libdwfl), with the thread's registers and memory from the core. A
// jump to where no code is (a call through a null pointer) is undone by taking the return address from the stack. Very
// deep stacks keep both ends: the outer one is found by following the frame pointers.
// Threads: one owner. Signal context: no. Errors: a stack that cannot be followed further ends there.
#pragma once

#include <csignal>
#include <cstdint>
#include <vector>

#include "rca/autopsy.h"
#include "rca/core_file.h"
#include "rca/frame_registers.h"
#include "rca/symbolizer.h"

namespace crashwright::rca {

struct StackLimits {
  size_t inner = 64;  // frames kept at the inner end
  size_t outer = 32;  // and at the outer end
};

struct CallSite {
  uint64_t pc = 0;
  bool exact = false;          // the interrupted instruction, not a return address
  FrameRegisters registers{};  // of the frame; none where only frame pointers were followed
};

// What the kernel kept of a thread when it called a handler that was still running.
struct InterruptedContext {
  siginfo_t signal_info{};  // of a handler that asked for it (SA_SIGINFO); otherwise whatever was there
  user_regs_struct registers{};
  uint64_t trap = 0;       // number of the processor's last exception that became a signal of this thread
  size_t sites_above = 0;  // of the stack, that belong to the handler
};

struct CallStack {
  std::vector<CallSite> sites;
  bool middle_left_out = false;
  std::vector<InterruptedContext> interrupted{};  // the innermost first
};

class StackUnwinder {
 public:
  // Both must outlive the unwinder; one unwinder for each symbolizer.
  StackUnwinder(const CoreFile& core, const Symbolizer& symbolizer);
  [[nodiscard]] CallStack unwind(const CoreThread& thread, const StackLimits& limits) const;

 private:
  // Appends the frames from `registers` on, up to `limit` sites in all.
  void follow(const CoreThread& thread, user_regs_struct registers, size_t limit, CallStack& stack) const;

  const CoreFile& core_;
  const Symbolizer& symbolizer_;
  bool attached_ = false;
};

[[nodiscard]] std::vector<Frame> symbolize(const Symbolizer& symbolizer, const CallStack& stack);

}  // namespace crashwright::rca
