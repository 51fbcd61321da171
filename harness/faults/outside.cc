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
  signal.parameters = {"signal"};
  signal.causes_release = {"KILLED_BY_HARNESS"};

  FaultKind null_call = outside_kind("null_call", OutsideAction::kNullCall,
                                     "the thread that calls the function jumps to address 0: a real SIGSEGV",
                                     "null_call: {function: Book::apply, hit: 100}");
  null_call.causes_release = {"NULL_DEREF"};

  FaultKind limit = outside_kind("limit", OutsideAction::kLimit,
                                 "the kernel enforces a limit from then on, from the start without a trigger",
                                 "limit: {file_size: 64KiB}");
  limit.parameters = {"descriptors", "file_size", "address_space", "cpu_time", "threads"};
  limit.ends_process = false;
  limit.causes_release = {"NO_FAULT"};

  FaultKind memory_limit = outside_kind("memory_limit", OutsideAction::kMemoryLimit,
                                        "the engine lives in a memory cgroup of this size, until the kernel kills it",
                                        "memory_limit: {limit: 64MiB}");
  memory_limit.parameters = {"limit"};
  memory_limit.causes_release = {"OOM"};
  memory_limit.needs = {"cgroup_memory"};

  return {signal, null_call, limit, memory_limit};
}

}  // namespace crashwright::harness
