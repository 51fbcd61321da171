// One start of an engine of the scenario's own, from spawn to what it left.
//
// It gets its data folder as working folder, and in its environment: CRASHWRIGHT_ACK_FD (lines `ack TOKEN`),
// CRASHWRIGHT_CONTROL_FD (the control block, for engines that link the kit), CRASHWRIGHT_POSTMORTEM (a folder for its
// crash record), CRASHWRIGHT_INCARNATION (0 is the first start).
// Threads: the worker of the case. Errors: only when it cannot be started or its remains not be secured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/runner/case_context.h"

namespace crashwright::harness {

struct EngineStart {
  uint32_t number = 0;
  std::vector<std::string> argv;
  bool last = true;  // of the case: it may use up the deadline
};

// Appends to context.facts.processes, and the tokens that were acknowledged to `acknowledged`. Leaves in
// <case>/inc<number>: output, core, control.bin; the data folder holds what survived.
[[nodiscard]] Status run_engine_start(CaseContext& context, const EngineStart& start,
                                      std::vector<std::string>& acknowledged);

}  // namespace crashwright::harness
