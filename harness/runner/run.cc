#include "harness/runner/run.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>

#include "base/harness_bug.h"
#include "harness/runner/case_runner.h"
#include "harness/runner/files.h"
#include "harness/runner/golden.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/ledger.h"
#include "harness/runner/marked_environment.h"
#include "harness/runner/plan_queue.h"
#include "harness/scenario/engine_points.h"

namespace crashwright::harness {
namespace {

std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string self(path, size > 0 ? static_cast<size_t>(size) : 0);
  return self.substr(0, self.rfind('/'));
}

std::string executable_or_nothing(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0 ? path : std::string();
}

Result<Capabilities> look_at_machine(const RunOptions& options, EventSink& sink) {
  const std::string scratch = options.folder + "/.probe";
  if (auto made = make_folder(scratch); !made) return tl::unexpected(made.error());
  auto machine = probe_machine(scratch);
  if (auto removed = remove_tree(scratch); !removed) return tl::unexpected(removed.error());
  if (!machine) return machine;
  if (!machine->canary) {
    return fail(ErrorKind::kEnvironment, "the canary failed: " + machine->findings.front().text,
                machine->findings.front().remedy);
  }
  sink.on_event(RunNote{std::string("core capture: ") + core_way_name(machine->core)});
  for (const Finding& finding : machine->findings) {
    if (!finding.works) sink.on_event(RunNote{finding.what + ": " + finding.text});
  }
  return machine;
}

struct HarnessBugOfCase {
  explicit HarnessBugOfCase(const std::string& name) { static_cast<void>(switch_harness_bug(name)); }
  ~HarnessBugOfCase() { static_cast<void>(switch_harness_bug("")); }
  HarnessBugOfCase(const HarnessBugOfCase&) = delete;
  HarnessBugOfCase& operator=(const HarnessBugOfCase&) = delete;
};

// A library's exception is this case's trouble, not the end of the run.
std::optional<CaseFinished> run_case_safely(const Plan& plan, RunContext& context) {
  const HarnessBugOfCase bug(plan.harness_bug);
  try {
    return run_case(plan, context);
  } catch (const std::exception& trouble) {
    CaseFinished finished;
    finished.case_id = plan.id;
    finished.name = plan.name;
    finished.build = build_name(plan.build);
    finished.seed = plan.seed;
    finished.scenario_path = plan.scenario_path;
    finished.outcome = verifiers::Outcome::kError;
    finished.summary = std::string("the harness failed in this case: ") + trouble.what();
    context.sink.on_event(finished);
    return finished;
  }
}

void work(PlanQueue& queue, RunContext& context) {
  while (!interrupted()) {
    const PlanQueue::Taken taken = queue.take();
    if (taken.plan == nullptr) return;
    queue.finished(taken.place, run_case_safely(*taken.plan, context));
  }
}

}  // namespace

const std::string& Programs::engine(Build build) const noexcept {
  switch (build) {
    case Build::kAsan:
      return asan;
    case Build::kPlanted:
      return planted;
    case Build::kRelease:
    case Build::kForeign:
      break;
  }
  return release;
}

Result<Programs> find_programs(const std::string& engine) {
  const std::string folder = own_folder();
  Programs programs;
  programs.exchange = folder + "/mock_exchange";
  programs.release = folder + "/mock_engine";
  programs.asan = executable_or_nothing(folder + "/mock_engine_asan");
  programs.planted = executable_or_nothing(folder + "/mock_engine_planted");
  if (engine.empty()) return programs;
  char absolute[PATH_MAX];
  const std::string path = engine.find('/') == std::string::npos ? folder + "/" + engine : engine;
  if (::realpath(path.c_str(), absolute) == nullptr || ::access(absolute, X_OK) != 0) {
    return fail(ErrorKind::kUsage, path + ": no program that can be run",
                "--engine wants a path, or the name of a program beside crashwright");
  }
  programs.release = absolute;
  programs.asan = executable_or_nothing(programs.release + "_asan");
  programs.planted = executable_or_nothing(programs.release + "_planted");
  programs.own_formats = engine_own_formats(programs.release);
  return programs;
}

Result<RunSummary> run_plans(const std::vector<Plan>& plans, const RunOptions& options, EventSink& sink) {
  // Programs of the scenarios' own need neither.
  const bool all_foreign =
      std::all_of(plans.begin(), plans.end(), [](const Plan& plan) { return plan.build == Build::kForeign; });
  for (const std::string& program : {options.programs.release, options.programs.exchange}) {
    if (!all_foreign && ::access(program.c_str(), X_OK) != 0) {
      return fail(ErrorKind::kEnvironment, program + ": no program that can be run",
                  "build or install all of crashwright");
    }
  }
  auto ledger = Ledger::create();
  if (!ledger) return tl::unexpected(ledger.error());
  const MarkedEnvironment environment((*ledger)->run_id());
  auto machine = look_at_machine(options, sink);
  if (!machine) return tl::unexpected(machine.error());
  GoldenRuns golden(options, **ledger);
  RunContext context{options, *machine, **ledger, golden, sink};
  PlanQueue queue(plans, options);
  {
    std::vector<std::jthread> workers;
    const size_t jobs = std::min<size_t>(std::max(1U, options.jobs), plans.size());
    for (size_t i = 0; i < jobs; ++i) workers.emplace_back([&] { work(queue, context); });
  }
  if (auto removed = remove_tree(options.folder + "/.golden"); !removed) return tl::unexpected(removed.error());
  RunSummary summary;
  summary.cases = queue.results();
  summary.stopped_by = queue.stopped_by();
  summary.machine = std::move(*machine);
  summary.interrupted = interrupted();
  return summary;
}

}  // namespace crashwright::harness
