// Out of memory: exit 137 proves nothing; the cgroup's count of kills, or a refused allocation, does.
#include <sys/wait.h>

#include <algorithm>

#include "rca/rules.h"

namespace crashwright::rca {

void apply_memory_rules(Investigation& investigation) {
  if (!investigation.artefacts.process) return;
  const ProcessFacts& process = *investigation.artefacts.process;
  const bool killed = WIFSIGNALED(process.wait_status) && WTERMSIG(process.wait_status) == SIGKILL;
  if (process.oom_kills > 0 && killed && process.killed_by.empty()) {
    investigation.add(EvidenceTier::kHarnessFact, "cgroup", "OOM", 1, "facts.json",
                      "oom_kill counts " + std::to_string(process.oom_kills) + ", limit " +
                          std::to_string(process.cgroup_memory_limit_bytes) + " bytes");
    investigation.particulars.memory_scope = "cgroup";
  }
  const bool refused = std::ranges::any_of(investigation.report.evidence,
                                           [](const Evidence& evidence) { return evidence.cause == "OOM"; });
  if (refused && process.address_space_limit_bytes > 0) {
    investigation.add(EvidenceTier::kHarnessFact, "harness", "OOM", 0.5, "facts.json",
                      "address space limited to " + std::to_string(process.address_space_limit_bytes) + " bytes");
    investigation.particulars.memory_scope = "address space";
  }
}

}  // namespace crashwright::rca
