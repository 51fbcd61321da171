// What this machine can do, found out by doing it: a canary child really crashes, a cgroup is really made.
//
// Threads: any, each with its own scratch folder. Errors: what is missing is a finding, not an error; kEnvironment only
// when no child can be started at all.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

struct Finding {
  std::string what;  // "canary" "kernel core" "outside core" "self-written core" "crash record" "memory cgroup" "fuse"
  bool works = false;
  std::string text;    // how, or why not
  std::string remedy;  // empty when it works or there is none
};

struct Capabilities {
  CoreWay core = CoreWay::kNone;   // the best that works
  std::vector<CoreWay> core_ways;  // all that work
  bool cgroup_memory = false;
  bool fuse = false;
  std::string storage_distrust;  // what the storage canary told wrong; empty: nothing
  bool canary = false;           // a crash was seen as a crash with its signal, an orderly end as an orderly end
  std::vector<Finding> findings;
};

// `scratch` is an existing folder for the canaries; left empty again.
[[nodiscard]] Result<Capabilities> probe_machine(const std::string& scratch);

// Why no verdict about storage may be given here although the layer can be had: it takes a canary for its opposite.
// Empty: none, or `plan` does not need the layer.
[[nodiscard]] std::string distrust(const Plan& plan, const Capabilities& machine);

// What `plan` needs and this machine lacks, in words for people; empty when nothing.
[[nodiscard]] std::string missing_need(const Plan& plan, const Capabilities& machine);

}  // namespace crashwright::harness
