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

// How a core of a dying engine is had here, best first.
enum class CoreWay {
  kKernel,   // the kernel writes it into the process's own working folder
  kOutside,  // the harness traces the engine and writes the core before the deadly signal is delivered
  kNone,     // crash record and flight recorder only
};

[[nodiscard]] const char* core_way_name(CoreWay way) noexcept;  // "kernel" "outside" "none"

struct Finding {
  std::string what;  // "kernel core", "outside core (ptrace)", "memory cgroup", "fuse", "canary"
  bool works = false;
  std::string text;    // how, or why not
  std::string remedy;  // empty when it works or there is none
};

struct Capabilities {
  CoreWay core = CoreWay::kNone;
  bool cgroup_memory = false;
  bool fuse = false;
  bool canary = false;  // a crash was seen as a crash with its signal, an orderly end as an orderly end
  std::vector<Finding> findings;
};

// `scratch` is an existing folder for the canaries; left empty again.
[[nodiscard]] Result<Capabilities> probe_machine(const std::string& scratch);

// What `plan` needs and this machine lacks, in words for people; empty when nothing.
[[nodiscard]] std::string missing_need(const Plan& plan, const Capabilities& machine);

}  // namespace crashwright::harness
