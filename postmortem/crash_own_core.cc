// The last stage: the process's own core, where it was told to write one.
// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include <asm/prctl.h>

#include "postmortem/core_self_writer.h"
#include "postmortem/crash_state.h"

namespace crashwright::postmortem::crash {

void write_core_of_crash() noexcept {
  if (!own_core_prepared()) return;
  disarm_deadline();
  arm_deadline(g_state.own_core_deadline_ns);
  OwnCoreDeath death;
  death.info = g_state.info;
  death.dying.tid = g_state.owner_tid.load(std::memory_order_relaxed);
  death.dying.registers = g_state.context->uc_mcontext.gregs;
  death.dying.floating = g_state.context->uc_mcontext.fpregs;
  ::syscall(SYS_arch_prctl, ARCH_GET_FS, &death.dying.fs_base);
  static_cast<void>(write_own_core(death));
}

}  // namespace crashwright::postmortem::crash
