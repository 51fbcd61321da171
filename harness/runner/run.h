// Carries plans out: starts exchange and engine, kills, collects, restarts, has the artefacts judged.
//
// run_plans() works through the plans with `jobs` workers and returns when all are done or the run was interrupted
// (interrupt.h). Emits RunNote, CaseStarted, CaseNote and CaseFinished; RunStarted and RunFinished belong to the
// caller, who knows the command line. CaseFinished comes in the order in which cases end, `RunSummary::cases` in that
// of the plans. Threads: call from one thread, one run at a time; the sink is called from every worker. Errors:
// kEnvironment when nothing can be run at all (no engine, folder not writable, the canary says that this
//          machine cannot tell a crash from an orderly end). Trouble of one case is that case's ERROR.
// Leaves behind: the run's folder. Everything else (processes, cgroups, mounts) is undone before it returns, and after
//          the death of this process by the next start or cleanup (cleanup.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/report/events.h"
#include "harness/runner/needs.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

// The programs that a case starts; absolute paths.
struct Programs {
  std::string release;                   // mock_engine
  std::string asan;                      // mock_engine_asan; empty: not built, cases that need it are SKIPPED
  std::string planted;                   // mock_engine_planted; as above
  std::string exchange;                  // mock_exchange
  std::vector<std::string> own_formats;  // of an engine that does not link the kit: it exports them (docs/engines.md)

  // Empty when there is none for this build.
  [[nodiscard]] const std::string& engine(Build build) const noexcept;
};

// The programs beside this executable. `engine`, when not empty, is another engine with the same command line: a path,
// or the bare name of a program beside this executable; its other builds are those with _asan and _planted behind the
// name, where they exist. kUsage when there is no such program.
[[nodiscard]] Result<Programs> find_programs(const std::string& engine);

// When to begin no further case. What is under way is finished and judged.
struct RunLimits {
  uint64_t failures_max = 0;  // that many cases with FAIL or ERROR; 0: whatever comes
  uint64_t duration_ns = 0;   // since the start of the run; 0: no limit
};

struct RunOptions {
  std::string folder;  // of the run, exists, absolute: case folders are made in it
  unsigned jobs = 2;
  bool keep_all = false;  // keep every artefact of passing cases too
  Programs programs;
  std::string crashwright;  // the program to repeat with, for repro.sh
  std::string engine;       // the --engine it was given, for repro.sh
  RunLimits limits{};
  // Called when all plans are taken, with 1, 2, ...: the plans of another round; none: the run ends. May be empty.
  std::function<std::vector<Plan>(uint64_t round)> further_round{};
};

struct RunSummary {
  std::vector<CaseFinished> cases;  // those that ended, in order of the plans
  Capabilities machine;             // what the canary found
  bool interrupted = false;
  std::string stopped_by{};  // "--for" or "--max-fail" when a limit ended it before all cases were begun
};

[[nodiscard]] Result<RunSummary> run_plans(const std::vector<Plan>& plans, const RunOptions& options, EventSink& sink);

}  // namespace crashwright::harness
