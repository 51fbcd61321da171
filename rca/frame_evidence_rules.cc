// What the stack of the dead thread says by the functions that are on it.
#include "rca/frame_rules.h"
#include "rca/rules.h"

namespace crashwright::rca {

void apply_frame_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  const ThreadStack* const stack = artefacts.stack_of(artefacts.dead_tid());
  if (stack == nullptr) return;
  for (Evidence& evidence : stack_evidence(stack->frames, artefacts.core ? "core" : "crash record")) {
    evidence.pid = artefacts.pid;
    evidence.tid = stack->tid;
    investigation.report.evidence.push_back(std::move(evidence));
  }
}

}  // namespace crashwright::rca
