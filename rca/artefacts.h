// Everything that one dead process left, opened and read once, for all rules to look at.
//
// Threads: one owner. Signal context: no.
// Errors:  what is missing or damaged is noted in `missing` and left empty.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "postmortem/control_block.h"
#include "postmortem/crash_record_reader.h"
#include "rca/autopsy.h"
#include "rca/core_file.h"
#include "rca/crash_text.h"
#include "rca/facts.h"
#include "rca/foreign_core.h"
#include "rca/reraised_fault.h"
#include "rca/stack_unwinder.h"
#include "rca/symbolizer.h"

namespace crashwright::rca {

struct Artefacts {
  std::string folder;                           // of the process: core, records, output
  std::optional<ProcessFacts> process;          // nothing when no harness watched
  std::vector<InjectedFaultFact> observations;  // only `confirmed_by`, `state` and `incarnation` may be used
  int32_t pid = 0;                              // 0: unknown
  std::string core_path;
  std::optional<CoreFile> core;
  std::optional<ForeignCore> foreign;      // instead, when the core is of another machine type
  std::unique_ptr<Symbolizer> symbolizer;  // of the core, or else of the crash record
  std::optional<postmortem::CrashRecord> record;
  std::unique_ptr<const postmortem::ControlBlock> control;
  CrashText sanitizer_text;               // the report files of this process
  CrashText error_text;                   // its standard error
  std::vector<CgroupFiles> cgroups;       // found beside it
  std::optional<ReraisedFault> reraised;  // what the core's signal only repeats
  size_t reraised_below = 0;              // so many frames of its thread
  std::map<int32_t, std::string> thread_names;
  std::vector<ThreadStack> stacks;      // one per thread of the core; without a core the one of the crash record
  std::optional<LiveObservation> live;  // it did not die at all
  std::vector<std::string> missing;

  // The thread that died, or was found stalled; 0 when unknown.
  [[nodiscard]] int32_t dead_tid() const;
  [[nodiscard]] const CoreThread* core_thread(int32_t tid) const;
  [[nodiscard]] const ThreadStack* stack_of(int32_t tid) const;
  // From the fault on: without the frames of a handler that raised its signal again. Empty when unknown.
  [[nodiscard]] std::vector<Frame> stack_at_death() const;
  [[nodiscard]] std::string thread_name(int32_t tid) const;
};

// The process `process` of the case in `case_folder`.
[[nodiscard]] Artefacts gather_process(const std::string& case_folder, const CaseFacts& facts,
                                       const ProcessFacts& process);
// A folder without facts: the first core and crash record, and all sanitizer reports and texts found in it. `sources`
// are looked at for programs and debug files besides.
[[nodiscard]] Artefacts gather_folder(const std::string& folder, const ModuleSources& sources);
// One core and nothing else.
[[nodiscard]] Artefacts gather_core(const std::string& path, const ModuleSources& sources,
                                    const std::optional<LiveObservation>& live);

}  // namespace crashwright::rca
