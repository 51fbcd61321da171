// The rules of the autopsy, one file per family: each looks at the artefacts and adds evidence and particulars.
//
// A rule never decides; the ranking does (evidence_ranking.h). Adding a family: one file, one line in rules.cc.
// The cause of an injected fault must be found without being told: no rule reads the plan or the kind of a fault.
// Threads: one investigation, one thread. Signal context: no. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rca/artefacts.h"
#include "rca/autopsy.h"
#include "rca/conclusion.h"

namespace crashwright::rca {

struct Investigation {
  const Artefacts& artefacts;
  AutopsyReport report;
  Particulars particulars;

  void add(EvidenceTier tier, const std::string& source, const std::string& cause, double strength,
           const std::string& where, const std::string& excerpt);
};

void apply_harness_rules(Investigation& investigation);    // wait status, who killed, finished in order
void apply_message_rules(Investigation& investigation);    // sanitizers, stderr, glibc's abort message, crash record
void apply_exception_rules(Investigation& investigation);  // the exception in flight
void apply_machine_rules(Investigation& investigation);    // signal, registers, memory map
void apply_place_rules(Investigation& investigation);      // the instruction, its addresses, stale pointers
void apply_stall_rules(Investigation& investigation);      // wait-for graph, watchdog, CPU time
void apply_memory_rules(Investigation& investigation);     // cgroup, address space
void apply_storage_rules(Investigation& investigation);    // torn writes, full and failing devices
void apply_frame_rules(Investigation& investigation);      // what the stack of the dead thread says
void apply_system_rules(Investigation& investigation);     // no evidence: limits, memory, environment for the report
void apply_story_rules(Investigation& investigation);      // no evidence: the last moments on one time axis
void apply_stored_rules(Investigation& investigation);     // no evidence: damage in what was stored

// All of them, in the order above.
void apply_all_rules(Investigation& investigation);

}  // namespace crashwright::rca
