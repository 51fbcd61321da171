#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/selection.h"
#include "harness/runner/run.h"

namespace crashwright::harness::cli {

int validate_command(const std::vector<std::string>& arguments) {
  Selection selection;
  std::string engine;
  bool without_engine = false;
  Options options("validate", "Checks scenario files without running anything; shows every mistake at its place.");
  selection.add_paths(options);
  options.text("--engine", "PATH", engine, "engine whose fault points are meant (default: the mock engine)");
  options.flag("--no-engine", without_engine, "do not check the names of fault points");
  options.example("crashwright validate scenarios/");
  options.example("crashwright validate my_crash.yaml --engine ./my_engine");
  if (const auto code = options.parse(arguments)) return *code;
  std::string release;
  if (!without_engine) {
    const auto programs = find_programs(engine);
    if (!programs) return report_error(programs.error());
    release = programs->release;
  }
  const Selected selected = select_scenarios(selection, release);
  if (selected.exit_code) return *selected.exit_code;
  if (!without_engine) {
    if (const auto code = refuse_unknown_points(selected.scenarios, release)) return *code;
  }
  fmt::print("{} {} valid{}\n", selected.scenarios.size(),
             selected.scenarios.size() == 1 ? "scenario is" : "scenarios are",
             without_engine ? "; names of fault points were not checked" : "");
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
