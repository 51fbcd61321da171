#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/selection.h"
#include "harness/runner/run.h"
#include "harness/scenario/diagnostic.h"

namespace crashwright::harness::cli {

namespace {

std::string diagnostics_to_json(const std::vector<Diagnostic>& diagnostics) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Diagnostic& one : diagnostics) {
    all.push_back({{"file", one.file},
                   {"line", one.position.line},
                   {"column", one.position.column},
                   {"width", one.width},
                   {"code", one.code},
                   {"message", one.message},
                   {"hint", one.hint}});
  }
  return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

int validate_command(const std::vector<std::string>& arguments) {
  Selection selection;
  std::string engine;
  std::string format = "human";
  bool without_engine = false;
  Options options("validate", "Checks scenario files without running anything; shows every mistake at its place.");
  selection.add_paths(options);
  options.text("--engine", "PATH", engine, "engine whose fault points are meant (default: the mock engine)");
  options.flag("--no-engine", without_engine, "do not check the names of fault points and of programs");
  options.word("--format", "FORMAT", format, {"human", "json"},
               "human, or json: an object for each mistake, for editors and CI");
  options.example("crashwright validate scenarios/");
  options.example("crashwright validate my_crash.yaml --engine ./my_engine");
  if (const auto code = options.parse(arguments)) return *code;
  std::string release;
  if (!without_engine) {
    const auto programs = find_programs(engine);
    if (!programs) return report_error(programs.error());
    release = programs->release;
  }
  if (format == "json") {
    const std::vector<Diagnostic> mistakes = find_mistakes(selection, release);
    fmt::print("{}", diagnostics_to_json(mistakes));
    return mistakes.empty() ? kExitPassed : kExitUsage;
  }
  Selected selected = select_scenarios(selection, release);
  if (selected.exit_code) return *selected.exit_code;
  if (!without_engine) {
    if (const auto code = refuse_unknown_points(selected.scenarios, release)) return *code;
    if (const auto code = refuse_missing_programs(selected.scenarios)) return *code;
  }
  fmt::print("{} {} valid{}\n", selected.scenarios.size(),
             selected.scenarios.size() == 1 ? "scenario is" : "scenarios are",
             without_engine ? "; names of fault points and of programs were not checked" : "");
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
