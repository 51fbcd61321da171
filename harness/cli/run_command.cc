#include <fmt/format.h>

#include <thread>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/run_folder.h"
#include "harness/cli/selection.h"
#include "harness/cli/sweep_selection.h"
#include "harness/scenario/planted_bugs.h"
#include "harness/scenario/sweep.h"
#include "harness/scenario/value.h"

namespace crashwright::harness::cli {
namespace {

constexpr uint64_t kJobsMax = 64;
constexpr uint64_t kRepeatMax = 10'000;
constexpr uint64_t kDeadlineMsMin = 1'000;
constexpr uint64_t kDeadlineMsMax = 3'600'000;

struct RunArguments {
  Selection selection;
  RunRequest request;
  uint64_t jobs = 2;
  uint64_t repeat = 1;
  std::string deadline;
  std::string format = "human";
  std::vector<std::string> planted_bugs;
  bool planted_build = false;
  bool sweep = false;
  bool names = false;
  std::string shard;
};

void declare(Options& options, RunArguments& run) {
  run.selection.add_paths(options);
  run.selection.add_filters(options);
  options.number("--jobs", "N", run.jobs, "cases at a time (default 2)");
  options.number("--seed", "N", run.request.seed, "the run's seed: the same seed, the same run (default 1)");
  options.number("--repeat", "N", run.repeat, "each case N times with the same seed");
  options.text("--out", "DIR", run.request.out, "folder of the runs (default crashwright-out)");
  options.text("--engine", "PATH", run.request.engine, "engine to run instead of the mock engine beside this program");
  options.text("--deadline", "TIME", run.deadline, "for each case instead of the scenario's: 30s");
  options.flag("--keep", run.request.keep_all, "keep every artefact of passing cases too");
  options.flag("--allow-skipped", run.request.skips_allowed, "skipped cases do not change the exit code");
  options.word("--format", "FORMAT", run.format, {"human", "json"},
               "human, or json: run.json on standard output and progress on standard error");
  options.texts("--planted-bug", "NAME", run.planted_bugs, "run the planted engine with this deliberate bug");
  options.flag("--planted-build", run.planted_build, "run the planted engine without a bug");
  options.flag("--sweep", run.sweep, "every fault point, first, middle and last passage, with every storage fault");
  options.text("--shard", "I/N", run.shard, "only every N-th case, from the I-th on: 2/5");
  options.flag("--names", run.names, "print the names of the cases and end");
  options.note("A failing case leaves its folder with repro.sh, and its command is printed at the end.");
  options.example("crashwright run scenarios/");
  options.example("crashwright run scenarios/memory --build asan --jobs 4");
  options.example("crashwright run scenarios/ --fault sigkill --seed 7 --keep");
  options.example("crashwright run --sweep --shard 1/20");
}

Result<PlanOptions> plan_options(const RunArguments& run) {
  PlanOptions options;
  options.run_seed = run.request.seed;
  options.repeat = static_cast<uint32_t>(run.repeat);
  options.only_build = run.selection.only_build();
  options.planted_build = run.planted_build;
  for (const std::string& bug : run.planted_bugs) {
    if (bug == kHarnessBug) {
      options.substring_classifier = true;
    } else {
      options.planted_bugs.push_back(bug);
    }
  }
  if (run.jobs == 0 || run.jobs > kJobsMax) {
    return fail(ErrorKind::kUsage, fmt::format("--jobs wants 1 to {}, not {}", kJobsMax, run.jobs));
  }
  if (run.repeat == 0 || run.repeat > kRepeatMax) {
    return fail(ErrorKind::kUsage, fmt::format("--repeat wants 1 to {}, not {}", kRepeatMax, run.repeat));
  }
  if (run.deadline.empty()) return options;
  const auto deadline = parse_duration_ns(run.deadline);
  if (!deadline) return fail(ErrorKind::kUsage, "--deadline " + deadline.error().message, deadline.error().hint);
  options.deadline_ms = *deadline / 1'000'000;
  if (options.deadline_ms < kDeadlineMsMin || options.deadline_ms > kDeadlineMsMax) {
    return fail(ErrorKind::kUsage, "--deadline wants 1s to 3600s, not " + run.deadline);
  }
  return options;
}

// Keeps the cases of the shard; false when --shard makes no sense.
bool take_shard(const std::string& shard, std::vector<Plan>& plans) {
  if (shard.empty()) return true;
  uint64_t index = 0;
  uint64_t count = 0;
  if (!parse_shard(shard, index, count)) return false;
  std::vector<Plan> mine;
  for (size_t i = index - 1; i < plans.size(); i += count) mine.push_back(std::move(plans[i]));
  plans = std::move(mine);
  return true;
}

int print_names(const std::vector<Plan>& plans) {
  for (const Plan& plan : plans) fmt::print("{}\n", plan.name);
  return kExitPassed;
}

int carry_out_run(const std::vector<Plan>& plans, const Programs& programs, RunArguments& run) {
  run.request.progress = run.format == "json" ? stderr : stdout;
  const auto outcome = carry_out(plans, programs, run.request);
  if (!outcome) return report_error(outcome.error());
  if (run.format == "json") {
    const auto json = read_file(outcome->folder + "/run.json");
    if (json) fmt::print("{}", *json);
  }
  return outcome->exit_code;
}

}  // namespace

int run_scenarios_command(const std::vector<std::string>& arguments) {
  RunArguments run;
  Options options("run", "Runs scenarios against the engine, kills it as they say, and judges what is left.");
  declare(options, run);
  if (const auto code = options.parse(arguments)) return *code;
  const auto planning = plan_options(run);
  if (!planning) return report_error(planning.error());
  const auto programs = find_programs(run.request.engine);
  if (!programs) return report_error(programs.error());
  run.request.jobs = static_cast<unsigned>(run.jobs);
  run.request.argv = arguments;
  const Selected selected =
      run.sweep ? select_sweep(run.selection, *programs, run.request) : select_scenarios(run.selection);
  if (selected.exit_code) return *selected.exit_code;
  if (const auto code = refuse_unknown_points(selected.scenarios, programs->release)) return *code;
  if (const auto code = refuse_unknown_bugs(planning->planted_bugs, programs->planted)) return *code;
  std::vector<Plan> plans = make_plans(selected.scenarios, *planning);
  if (!take_shard(run.shard, plans)) {
    return report_error({ErrorKind::kUsage, "--shard wants I/N with I from 1 to N, not " + run.shard, "--shard 2/5"});
  }
  if (plans.empty()) {
    fmt::print(stderr, "crashwright: nothing selected: no scenario has a case of this build or shard\n");
    return kExitNothing;
  }
  return run.names ? print_names(plans) : carry_out_run(plans, *programs, run);
}

}  // namespace crashwright::harness::cli
