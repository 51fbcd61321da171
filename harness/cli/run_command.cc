#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/unique_fd.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/run_options.h"
#include "harness/cli/sweep_selection.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

int print_names(const std::vector<Plan>& plans) {
  for (const Plan& plan : plans) fmt::print("{}\n", plan.name);
  return kExitPassed;
}

// The job system looks at this file to know that shares were understood.
Status touch(const std::string& path) {
  if (path.empty()) return {};
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return fail_errno(errno, path);
  return {};
}

// What is this run's of all cases; the same on every machine of the campaign.
class Share {
 public:
  [[nodiscard]] static Result<Share> of(const RunArguments& run) {
    Share share;
    const auto shard = run.chosen_shard();
    if (!shard) return tl::unexpected(shard.error());
    const auto durations = run.earlier_durations();
    if (!durations) return tl::unexpected(durations.error());
    share.shard_ = *shard;
    share.durations_ns_ = *durations;
    if (!share.shard_) return share;
    if (const auto touched = touch(share.shard_->status_file); !touched) return tl::unexpected(touched.error());
    return share;
  }
  void keep(std::vector<Plan>& plans) const {
    if (shard_) keep_shard(*shard_, durations_ns_, plans);
  }
  [[nodiscard]] const std::optional<Shard>& shard() const { return shard_; }

 private:
  std::optional<Shard> shard_;
  std::map<std::string, uint64_t> durations_ns_;
};

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

// Keeps the cases that --case names; the exit code to end with when one of them is none.
std::optional<int> keep_named(const std::vector<std::string>& ids, std::vector<Plan>& plans) {
  if (ids.empty()) return std::nullopt;
  std::vector<std::string> known;
  for (const Plan& plan : plans) known.push_back(plan.id);
  for (const std::string& id : ids) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    return report_error({ErrorKind::kUsage, fmt::format("no case \"{}\"", id), suggestion(id, known)});
  }
  std::erase_if(plans, [&](const Plan& plan) { return std::find(ids.begin(), ids.end(), plan.id) == ids.end(); });
  return std::nullopt;
}

int run_selected(RunArguments& run, const PlanOptions& planning, const Programs& programs, const Share& share) {
  const Selected selected = run.sweep ? select_sweep(run.selection, programs, run.request)
                                      : select_scenarios(run.selection, programs.release);
  if (selected.exit_code) return *selected.exit_code;
  if (const auto code = refuse_unknown_points(selected.scenarios, programs.release)) return *code;
  if (const auto code = refuse_unknown_bugs(planning.planted_bugs, programs.planted)) return *code;
  const Selected unfolded = unfold_sweeps(selected.scenarios, programs, run.request);
  if (unfolded.exit_code) return *unfolded.exit_code;
  std::vector<Plan> plans = make_plans(unfolded.scenarios, planning);
  if (plans.empty()) {
    fmt::print(stderr, "crashwright: nothing selected: no scenario has a case of this build\n");
    return kExitNothing;
  }
  if (const auto code = keep_named(run.cases, plans)) return *code;
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
  const auto share = Share::of(run);
  if (!share) return report_error(share.error());
  run.request.argv = arguments;
  return run_selected(run, *planning, *programs, *share);
}

}  // namespace crashwright::harness::cli
