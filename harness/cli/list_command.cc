#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/selection.h"

namespace crashwright::harness::cli {
namespace {

std::string faults_of(const Plan& plan) {
  if (plan.exploration) return "power loss at any moment";
  std::string text;
  for (const FaultPlan& fault : plan.faults) {
    if (!text.empty()) text += ", ";
    text += fault.point.empty() ? fault.kind : fault.kind + " at " + fault.point;
  }
  return text.empty() ? "no fault" : text;
}

}  // namespace

int list_command(const std::vector<std::string>& arguments) {
  Selection selection;
  std::string format = "human";
  PlanOptions planning;
  Options options("list", "Shows the cases that a run with the same paths and filters would have.");
  selection.add_paths(options);
  selection.add_filters(options);
  options.number("--seed", "N", planning.run_seed, "the run's seed (default 1)");
  options.word("--format", "FORMAT", format, {"human", "json"}, "human, or json: every plan in full");
  options.example("crashwright list scenarios/ --fault sigkill");
  options.example("crashwright list scenarios/ --format json --seed 7");
  if (const auto code = options.parse(arguments)) return *code;
  const Selected selected = select_scenarios(selection);
  if (selected.exit_code) return *selected.exit_code;
  planning.only_build = selection.only_build();
  const std::vector<Plan> plans = make_plans(selected.scenarios, planning);
  if (format == "json") {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Plan& plan : plans) all.push_back(nlohmann::ordered_json::parse(plan_to_json(plan)));
    fmt::print("{}\n", all.dump(2));
  } else {
    for (const Plan& plan : plans) fmt::print("{} [{}]  {}\n", plan.name, build_name(plan.build), faults_of(plan));
    fmt::print("{} cases of {} scenarios\n", plans.size(), selected.scenarios.size());
  }
  return plans.empty() ? kExitNothing : kExitPassed;
}

}  // namespace crashwright::harness::cli
