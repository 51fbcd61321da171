#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/run_options.h"
#include "harness/cli/share.h"
#include "harness/cli/sweep_selection.h"

namespace crashwright::harness::cli {
namespace {

int print_names(const std::vector<Plan>& plans) {
  for (const Plan& plan : plans) fmt::print("{}\n", plan.name);
  return kExitPassed;
}

// --for: the same cases again, each round with the next seed.
std::function<std::vector<Plan>(uint64_t)> further_rounds(std::vector<Scenario> scenarios, PlanOptions planning,
                                                          Share share) {
  return [scenarios = std::move(scenarios), planning, share = std::move(share)](uint64_t round) mutable {
    PlanOptions next = planning;
    next.run_seed = planning.run_seed + round;
    std::vector<Plan> plans = make_plans(scenarios, next);
    share.keep(plans);
    for (Plan& plan : plans) plan.id += fmt::format(".seed{}", next.run_seed);
    return plans;
  };
}

int run_selected(RunArguments& run, const PlanOptions& planning, const Programs& programs, const Share& share) {
  Selected selected = run.sweep ? select_sweep(run.selection, programs, run.request)
                                : select_scenarios(run.selection, programs.release);
  if (selected.exit_code) return *selected.exit_code;
  if (const auto code = refuse_unknown_points(selected.scenarios, programs.release)) return *code;
  if (const auto code = refuse_missing_programs(selected.scenarios)) return *code;
  if (const auto code = refuse_unknown_bugs(planning.planted_bugs, programs.planted)) return *code;
  const Selected unfolded = unfold_sweeps(selected.scenarios, programs, run.request);
  if (unfolded.exit_code) return *unfolded.exit_code;
  std::vector<Plan> plans = make_plans(unfolded.scenarios, planning);
  if (plans.empty()) {
    fmt::print(stderr, "crashwright: nothing selected: no scenario has a case of this build\n  {}\n",
               "a scenario names its builds: `build: both`; an engine of your own has neither");
    return kExitNothing;
  }
  if (const auto kept = share.keep_named(plans); !kept) return report_error(kept.error());
  share.keep(plans);
  if (run.names) return print_names(plans);
  if (share.shard()) {
    run.request.shard = {share.shard()->index, share.shard()->count, {}};
    run.request.note =
        fmt::format("share {} of {} ({})", share.shard()->index, share.shard()->count, share.shard()->source);
  }
  if (run.request.limits.duration_ns > 0 && !plans.empty()) {
    run.request.further_round = further_rounds(unfolded.scenarios, planning, share);
  }
  return carry_out_and_print(plans, programs, run);
}

}  // namespace

int run_scenarios_command(const std::vector<std::string>& arguments) {
  RunArguments run;
  Options options("run", "Runs scenarios against the engine, kills it as they say, and judges what is left.");
  run.declare(options);
  if (const auto code = options.parse(arguments)) return *code;
  const auto planning = run.plan_options();
  if (!planning) return report_error(planning.error());
  const auto programs = find_programs(run.request.engine);
  if (!programs) return report_error(programs.error());
  const auto share = Share::of(run.share);
  if (!share) return report_error(share.error());
  if (const auto told = share->announce(); !told) return report_error(told.error());
  run.request.argv = arguments;
  return run_selected(run, *planning, *programs, *share);
}

}  // namespace crashwright::harness::cli
