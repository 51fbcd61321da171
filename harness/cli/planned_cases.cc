#include "harness/cli/planned_cases.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/exit_code.h"
#include "harness/runner/run.h"

namespace crashwright::harness::cli {

void PlannedCases::declare(Options& options) {
  selection_.add_paths(options);
  selection_.add_filters(options);
  share_.add_cases(options);
  selection_.add_changes(options);
  options.number("--seed", "N", planning_.run_seed, "the run's seed (default 1)");
  share_.add_shards(options);
  options.text("--engine", "PATH", engine_, "engine whose fault points are to be checked (default: they are not)");
  options.word("--format", "FORMAT", format_, {"human", "json"}, "human, or json: every plan in full");
}

std::optional<int> PlannedCases::load() {
  // Without --engine the cases are the same whatever the engine, which need not even be built yet: only patterns of a
  // matrix ask the mock engine, where it is there.
  const auto programs = find_programs(engine_);
  if (!programs && !engine_.empty()) return report_error(programs.error());
  const std::string engine = programs ? programs->release : "";
  Selected selected = select_scenarios(selection_, engine);
  if (selected.exit_code) return *selected.exit_code;
  if (!engine_.empty()) {
    if (const auto code = refuse_unknown_points(selected.scenarios, engine)) return *code;
  }
  const auto share = Share::of(share_);
  if (!share) return report_error(share.error());
  planning_.only_build = selection_.only_build();
  plans_ = make_plans(selected.scenarios, planning_);
  if (const auto kept = share->keep_named(plans_); !kept) return report_error(kept.error());
  share->keep(plans_);
  scenarios_ = selected.scenarios.size();
  return std::nullopt;
}

std::string PlannedCases::json() const {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Plan& plan : plans_) all.push_back(nlohmann::ordered_json::parse(plan_to_json(plan)));
  return all.dump(2) + "\n";
}

}  // namespace crashwright::harness::cli
