// What belongs to one case while it runs, shared by the files that carry it out.
//
// Threads: one worker. Order of the members is order of undoing, last first: the exchange ends, the data folder is
// unmounted, the cgroup goes, the control block goes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "harness/report/events.h"
#include "harness/runner/cgroup.h"
#include "harness/runner/control_channel.h"
#include "harness/runner/data_folder.h"
#include "harness/runner/exchange_process.h"
#include "harness/runner/fault_observer.h"
#include "harness/runner/golden.h"
#include "harness/runner/ledger.h"
#include "harness/runner/run.h"

namespace crashwright::harness {

// What belongs to the whole run.
struct RunContext {
  const RunOptions& options;
  const Capabilities& machine;
  Ledger& ledger;
  GoldenRuns& golden;
  EventSink& sink;
};

struct CaseContext {
  CaseContext(const Plan& case_plan, RunContext& run_context)
      : plan(case_plan),
        run(run_context),
        folder(run_context.options.folder + "/" + case_plan.id),
        mark("CRASHWRIGHT_CASE=" + run_context.ledger.run_id() + "/" + case_plan.id),
        deadline(std::chrono::milliseconds(case_plan.deadline_ms)) {}

  const Plan& plan;
  RunContext& run;
  std::string folder;
  std::string mark;  // environment entry of every process of the case
  Deadline deadline;
  rca::CaseFacts facts;
  std::unique_ptr<ControlChannel> channel;
  std::unique_ptr<MemoryCgroup> cgroup;
  std::unique_ptr<DataFolder> data;
  std::unique_ptr<ExchangeProcess> exchange;
  std::unique_ptr<FaultObserver> observer;
  std::string cgroup_folder;                 // remembered beyond the cgroup's life
  std::map<std::string, uint64_t> passages;  // of every fault point, in all starts so far
  uint64_t fault_ns = 0;                     // of the first death: when its fault fired, or when it died
  bool machine_lacks = false;                // it cannot be carried out for want of something of the machine

  [[nodiscard]] std::vector<std::string> marks() const { return {run.ledger.mark(), mark}; }
  void note(const std::string& text) const { run.sink.on_event(CaseNote{plan.id, text, wall_ns()}); }
  // What went wrong first is why the case ends in ERROR.
  void blame(const Status& trouble) {
    if (trouble || !facts.environment_error.empty()) return;
    const Error& error = trouble.error();
    facts.environment_error = error.message + (error.remedy.empty() ? "" : " (" + error.remedy + ")");
    machine_lacks = error.kind == ErrorKind::kEnvironment;
  }
};

}  // namespace crashwright::harness
