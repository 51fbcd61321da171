#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

std::vector<FaultKind> process_fault_kinds() {
  FaultKind sigkill;
  sigkill.name = "sigkill";
  sigkill.family = "process";
  sigkill.action = FaultAction::kSigkill;
  sigkill.doc = "the harness sends SIGKILL while the thread stands at the point";
  sigkill.example = "sigkill: {at: gateway.after_send, hit: 30}";
  sigkill.causes_release = {"KILLED_BY_HARNESS"};
  sigkill.causes_asan = {"KILLED_BY_HARNESS"};

  FaultKind sigstop;
  sigstop.name = "sigstop";
  sigstop.family = "process";
  sigstop.action = FaultAction::kSigstop;
  sigstop.doc = "the harness stops the process, for good (then kills it) or `for` a while";
  sigstop.example = "sigstop: {at: gateway.send_order, hit: 30, for: 50ms}";
  sigstop.parameters = {"for"};
  sigstop.causes_release = {"KILLED_BY_HARNESS"};
  sigstop.causes_asan = {"KILLED_BY_HARNESS"};

  FaultKind crash_in_handler;
  crash_in_handler.name = "crash_in_handler";
  crash_in_handler.family = "process";
  crash_in_handler.action = FaultAction::kCrashInHandler;
  crash_in_handler.doc = "a null dereference, and a second one inside the given stage of the crash handler";
  crash_in_handler.example = "crash_in_handler: {at: orders.apply, hit: 10, stage: 3}";
  crash_in_handler.parameters = {"stage"};
  crash_in_handler.causes_release = {"NULL_DEREF"};  // under asan the first handler is not ours

  return {sigkill, sigstop, crash_in_handler};
}

}  // namespace crashwright::harness
