#include "harness/cli/selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cli/exit_code.h"
#include "harness/faults/registry.h"
#include "harness/scenario/engine_points.h"
#include "harness/scenario/loader.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

constexpr const char* kDefaultPath = "scenarios";

bool passes(const Scenario& scenario, const Selection& selection) {
  const auto has_tag = [&](const std::string& tag) {
    return std::find(scenario.tags.begin(), scenario.tags.end(), tag) != scenario.tags.end();
  };
  if (!std::all_of(selection.tags.begin(), selection.tags.end(), has_tag)) return false;
  const auto is_kind = [&](const ScenarioFault& fault) { return fault.kind == selection.fault; };
  if (!selection.fault.empty() && std::none_of(scenario.faults.begin(), scenario.faults.end(), is_kind)) return false;
  return selection.filter.empty() || scenario.name.find(selection.filter) != std::string::npos ||
         scenario.path.find(selection.filter) != std::string::npos;
}

}  // namespace

void Selection::add_paths(Options& options) {
  options.arguments("[FILE|FOLDER]...", paths,
                    "scenario files; a folder stands for every *.yaml below it "
                    "(default: the folder scenarios)");
}

void Selection::add_filters(Options& options) {
  options.text("--filter", "TEXT", filter, "only scenarios with TEXT in their name or path");
  options.texts("--tag", "TAG", tags, "only scenarios with this tag");
  options.word("--fault", "KIND", fault, fault_kind_names(), "only scenarios with this kind of fault");
  options.word("--build", "BUILD", build, {"release", "asan"}, "only cases of this build: release or asan");
}

std::optional<Build> Selection::only_build() const {
  if (build.empty()) return std::nullopt;
  return build == "asan" ? Build::kAsan : Build::kRelease;
}

Selected select_scenarios(const Selection& selection) {
  Loaded loaded = load_scenarios(selection.paths.empty() ? std::vector<std::string>{kDefaultPath} : selection.paths);
  if (!loaded.diagnostics.empty()) {
    fmt::print(stderr, "{}", diagnostics_to_text(std::move(loaded.diagnostics)));
    return {{}, kExitUsage};
  }
  return filter_scenarios(std::move(loaded.scenarios), selection);
}

Selected filter_scenarios(std::vector<Scenario> scenarios, const Selection& selection) {
  Selected selected;
  const auto total = scenarios.size();
  for (Scenario& scenario : scenarios) {
    if (passes(scenario, selection)) selected.scenarios.push_back(std::move(scenario));
  }
  if (selected.scenarios.empty()) {
    fmt::print(stderr, "crashwright: nothing selected: none of {} {} passes the filters\n", total,
               total == 1 ? "scenario" : "scenarios");
    selected.exit_code = kExitNothing;
  }
  return selected;
}

std::optional<int> refuse_unknown_points(const std::vector<Scenario>& scenarios, const std::string& engine) {
  const auto points = engine_fault_points(engine);
  if (!points) return report_error(points.error());
  std::vector<Diagnostic> diagnostics = check_fault_points(scenarios, *points);
  if (diagnostics.empty()) return std::nullopt;
  fmt::print(stderr, "{}", diagnostics_to_text(std::move(diagnostics)));
  return kExitUsage;
}

std::optional<int> refuse_unknown_bugs(const std::vector<std::string>& bugs, const std::string& engine) {
  if (bugs.empty()) return std::nullopt;
  if (engine.empty()) {
    return report_error({ErrorKind::kEnvironment, "no mock_engine_planted beside this program", "build it"});
  }
  const auto known = engine_planted_bugs(engine);
  if (!known) return report_error(known.error());
  for (const std::string& bug : bugs) {
    if (std::find(known->begin(), known->end(), bug) != known->end()) continue;
    return report_error(
        {ErrorKind::kUsage, fmt::format("no planted bug \"{}\" in {}", bug, engine), suggestion(bug, *known)});
  }
  return std::nullopt;
}

}  // namespace crashwright::harness::cli
