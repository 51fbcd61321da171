// Out of memory: exit 137 proves nothing; the cgroup's count of kills, the kernel's line, or a refused allocation does.
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "rca/memory_scope.h"
#include "rca/rules.h"

namespace crashwright::rca {
namespace {

// A control group of the harness: its counters stand in the facts.
void judge_facts(Investigation& investigation, const ProcessFacts& process) {
  const bool killed = WIFSIGNALED(process.wait_status) && WTERMSIG(process.wait_status) == SIGKILL;
  if (process.oom_kills == 0 || !killed || !process.killed_by.empty()) return;
  std::string text = "oom_kill counts " + std::to_string(process.oom_kills) + ", limit " +
                     std::to_string(process.cgroup_memory_limit_bytes) + " bytes";
  bool own = true;
  if (process.cgroup_limit_hits >= 0) {
    own = process.cgroup_limit_hits > 0;
    text += ", reached " + std::to_string(process.cgroup_limit_hits) + " times";
  }
  investigation.add(EvidenceTier::kHarnessFact, "cgroup", "OOM", 1, "facts.json", text);
  investigation.report.killer = std::string("the kernel, for want of memory in ") +
                                (own ? "the control group of the process" : "a group above that of the process");
  investigation.particulars.memory_scope = own ? kScopeCgroup : kScopeAncestor;
}

// Files of control groups that lie beside the remains. The innermost excess is the one that kills. A process that died
// of another signal than SIGKILL was not the one that was killed, though it may have shared the group with it.
void judge_files(Investigation& investigation) {
  const int signal = investigation.report.signal_number;
  const bool other_death = signal != 0 && signal != SIGKILL;
  for (const CgroupFiles& files : investigation.artefacts.cgroups) {
    const auto scope = scope_in_cgroup(files);
    if (!scope) continue;
    if (other_death) {
      investigation.add(EvidenceTier::kExitCode, "cgroup", "OOM", 0.3, scope->where,
                        scope->excerpt + ": of another process, this one died of signal " + std::to_string(signal));
      continue;
    }
    investigation.add(EvidenceTier::kHarnessFact, "cgroup", "OOM", 0.9, scope->where, scope->excerpt);
    std::string& known = investigation.particulars.memory_scope;
    if (known.empty() || scope->scope == kScopeCgroup) known = scope->scope;
  }
}

void judge_texts(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  std::string& known = investigation.particulars.memory_scope;
  for (const CrashText* const text : {&artefacts.error_text, &artefacts.sanitizer_text}) {
    if (known.empty() && text->memory) known = text->memory->scope;
  }
}

}  // namespace

void apply_memory_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  if (artefacts.process) judge_facts(investigation, *artefacts.process);
  judge_files(investigation);
  judge_texts(investigation);
  const bool refused = std::ranges::any_of(investigation.report.evidence,
                                           [](const Evidence& evidence) { return evidence.cause == "OOM"; });
  std::string& scope = investigation.particulars.memory_scope;
  if (!refused || !scope.empty()) return;
  scope = kScopeProcess;
  if (!artefacts.process || artefacts.process->address_space_limit_bytes == 0) return;
  investigation.add(
      EvidenceTier::kHarnessFact, "harness", "OOM", 0.5, "facts.json",
      "address space limited to " + std::to_string(artefacts.process->address_space_limit_bytes) + " bytes");
}

}  // namespace crashwright::rca
