#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/planned_cases.h"
#include "harness/cli/terminal_text.h"

namespace crashwright::harness::cli {
namespace {

std::string faults_of(const Plan& plan) {
  if (plan.exploration) return "power loss at any moment";
  if (!plan.sweep.empty()) return "sweep: " + plan.sweep;
  std::string text;
  for (const FaultPlan& fault : plan.faults) {
    if (!text.empty()) text += ", ";
    text += fault.point.empty() ? fault.kind : fault.kind + " at " + fault.point;
  }
  return text.empty() ? "no fault" : text;
}

// On one line, or on a terminal that is too narrow with the faults on lines below.
void print_case(const Plan& plan, size_t columns) {
  const std::string build = fmt::format(" [{}]", build_name(plan.build));
  const std::string faults = faults_of(plan);
  if (columns == 0 || columns_of(plan.name) + columns_of(build) + 2 + columns_of(faults) <= columns) {
    fmt::print("{}{}  {}\n", plan.name, build, faults);
    return;
  }
  fmt::print("{}{}\n    {}\n", shorten_middle(plan.name, columns - build.size()), build, fold(faults, 4, columns));
}

}  // namespace

int list_command(const std::vector<std::string>& arguments) {
  PlannedCases cases;
  Options options("list", "Shows the cases that a run with the same paths and filters would have.");
  cases.declare(options);
  options.example("crashwright list scenarios/ --fault sigkill");
  options.example("crashwright list scenarios/ --shard 2/5");
  options.example("crashwright list scenarios/ --format json --seed 7");
  if (const auto code = options.parse(arguments)) return *code;
  if (const auto code = cases.load()) return *code;
  if (cases.wants_json()) {
    fmt::print("{}", cases.json());
    return cases.plans().empty() ? kExitNothing : kExitPassed;
  }
  const size_t columns = terminal_columns(stdout);
  bool sweeps = false;
  for (const Plan& plan : cases.plans()) {
    print_case(plan, columns);
    sweeps = sweeps || !plan.sweep.empty();
  }
  if (sweeps) fmt::print("A sweep counts as one here; its cases are counted on the engine when it is run.\n");
  fmt::print("{} {} of {} {}\n", cases.plans().size(), cases.plans().size() == 1 ? "case" : "cases", cases.scenarios(),
             cases.scenarios() == 1 ? "scenario" : "scenarios");
  return cases.plans().empty() ? kExitNothing : kExitPassed;
}

}  // namespace crashwright::harness::cli
