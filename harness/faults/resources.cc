#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

std::vector<FaultKind> resource_fault_kinds() {
  FaultKind bad_alloc;
  bad_alloc.name = "bad_alloc";
  bad_alloc.family = "resources";
  bad_alloc.action = FaultAction::kBadAlloc;
  bad_alloc.doc = "allocates until an address-space limit refuses and std::bad_alloc ends the process";
  bad_alloc.example = "bad_alloc: {at: book.apply, hit: 500, headroom: 16MiB}";
  bad_alloc.parameters = {"headroom"};
  bad_alloc.causes_release = {"OOM"};
  // AddressSanitizer reserves terabytes, so no limit works there: the allocation is too large in itself instead.
  bad_alloc.causes_asan = {"OOM"};

  FaultKind cgroup_oom;
  cgroup_oom.name = "cgroup_oom";
  cgroup_oom.family = "resources";
  cgroup_oom.action = FaultAction::kCgroupOom;
  cgroup_oom.doc = "allocates until the kernel kills the process at the limit of its memory cgroup";
  cgroup_oom.example = "cgroup_oom: {at: book.apply, hit: 500, limit: 192MiB}";
  cgroup_oom.parameters = {"limit"};
  cgroup_oom.causes_release = {"OOM"};
  cgroup_oom.needs = {"cgroup_memory"};

  return {bad_alloc, cgroup_oom};
}

}  // namespace crashwright::harness
