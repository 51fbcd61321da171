#include "harness/faults/registry.h"

namespace crashwright::harness {
namespace {

FaultKind outside_kind(const char* name, OutsideAction action, const char* doc, const char* example) {
  FaultKind kind;
  kind.name = name;
  kind.family = "outside";
  kind.outside = action;
  kind.doc = doc;
  kind.example = example;
  return kind;
}

}  // namespace

// Only for engines of one's own (`engine:`): nothing of the kit is needed.
std::vector<FaultKind> outside_fault_kinds() {
  FaultKind signal =
      outside_kind("signal", OutsideAction::kSignal,
                   "the harness sends a signal, to the thread that stands at the function if it waits for one",
                   "signal: {signal: SIGTERM, output: order 50 done}");
  signal.stands_for = "an operator, an orchestrator, a tool that is aimed at the wrong process";
  signal.evidence = "the signal, sent by the harness; or an ending of its own, when the program handles it";
  signal.reveals = "none: engines of one's own have their own bugs";
  signal.parameters = {"signal"};
  signal.causes_release = {"KILLED_BY_HARNESS", "NO_FAULT", "UNEXPECTED_EXIT"};

  FaultKind null_call = outside_kind("null_call", OutsideAction::kNullCall,
                                     "the call of the function goes to address 0: a real SIGSEGV, its caller to blame",
                                     "null_call: {function: Book::apply, hit: 100}");
  null_call.stands_for = "a callback that was never set, in a program that nobody prepared";
  null_call.evidence = "SIGSEGV at address 0, the caller in the core";
  null_call.reveals = "none: engines of one's own have their own bugs";
  null_call.causes_release = {"NULL_DEREF"};

  FaultKind limit = outside_kind("limit", OutsideAction::kLimit,
                                 "the kernel enforces a limit from then on, from the start without a trigger",
                                 "limit: {file_size: 64KiB}");
  limit.stands_for = "ulimit, systemd's Limit*=, a batch system";
  limit.evidence = "a call that the kernel refuses, or its signal; a limit that was never reached proves nothing";
  limit.reveals = "none: engines of one's own have their own bugs";
  limit.parameters = {"descriptors", "file_size", "address_space", "cpu_time", "threads"};
  limit.ends_process = false;
  limit.causes_release = {"NO_FAULT",        "RESOURCE_LIMIT", "IO_ERROR", "OOM",      "EXCEPTION",
                          "UNEXPECTED_EXIT", "NULL_DEREF",     "ABORT",    "ASSERTION"};

  FaultKind memory_limit = outside_kind("memory_limit", OutsideAction::kMemoryLimit,
                                        "the engine lives in a memory cgroup of this size, until the kernel kills it",
                                        "memory_limit: {limit: 64MiB}");
  memory_limit.stands_for = "a container with too little memory";
  memory_limit.evidence = "the cgroup's count of kills, the kernel's SIGKILL";
  memory_limit.reveals = "none: engines of one's own have their own bugs";
  memory_limit.parameters = {"limit"};
  memory_limit.causes_release = {"OOM"};
  memory_limit.needs = {"cgroup_memory"};

  return {signal, null_call, limit, memory_limit};
}

}  // namespace crashwright::harness
