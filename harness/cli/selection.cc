#include "harness/cli/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "harness/cli/engine_programs.h"
#include "harness/cli/exit_code.h"
#include "harness/faults/registry.h"
#include "harness/runner/run.h"
#include "harness/scenario/engine_points.h"
#include "harness/scenario/loader.h"
#include "harness/scenario/name_pattern.h"
#include "harness/scenario/scenario_text.h"
#include "harness/scenario/suggest.h"
#include "verifiers/verifier.h"

namespace crashwright::harness::cli {
namespace {

// Does the scenario ask for the promise, and is it one of its kind of case?
bool is_judged(const Scenario& scenario, const std::string& promise) {
  const auto& skipped = scenario.expect.excluded;
  if (std::find(skipped.begin(), skipped.end(), promise) != skipped.end()) return false;
  const verifiers::JudgedIn kind = scenario.exploration              ? verifiers::kExploration
                                   : scenario.engine.command.empty() ? verifiers::kReferenceEngine
                                                                     : verifiers::kOwnEngine;
  const verifiers::Verifier* const verifier = verifiers::find_verifier(promise);
  return verifier != nullptr && (verifier->judged_in & kind) != 0;
}

bool passes(const Scenario& scenario, const Selection& selection) {
  const auto has_tag = [&](const std::string& tag) {
    return std::find(scenario.tags.begin(), scenario.tags.end(), tag) != scenario.tags.end();
  };
  if (!std::all_of(selection.tags.begin(), selection.tags.end(), has_tag)) return false;
  if (std::any_of(selection.skipped_tags.begin(), selection.skipped_tags.end(), has_tag)) return false;
  const auto is_kind = [&](const ScenarioFault& fault) { return fault.kind == selection.fault; };
  if (!selection.fault.empty() && std::none_of(scenario.faults.begin(), scenario.faults.end(), is_kind)) return false;
  if (!selection.verifier.empty() && !is_judged(scenario, selection.verifier)) return false;
  const std::string anywhere = "*" + selection.filter + "*";
  return matches_pattern(scenario.name, anywhere) || matches_pattern(scenario.path, anywhere);
}

// What to do about filters that leave nothing: the tag that was meant, where one is known to nobody.
std::string nothing_passes(const std::set<std::string>& tags, const Selection& selection) {
  for (const std::string& tag : selection.tags) {
    if (tags.contains(tag)) continue;
    const std::string near = suggestion(tag, {tags.begin(), tags.end()});
    return fmt::format("no scenario has the tag \"{}\"{}{}", tag, near.empty() ? "" : ": ", near);
  }
  return "`crashwright list` with the same paths shows what there is";
}

std::vector<std::string> verifier_names() {
  std::vector<std::string> names;
  for (const verifiers::Verifier& verifier : verifiers::all_verifiers()) names.emplace_back(verifier.name);
  return names;
}

// One scenario's text with all changes in it.
Result<std::string> changed_text(const Scenario& scenario, const std::vector<std::string>& changes) {
  auto text = ScenarioText::parse(scenario.path, scenario.text);
  if (!text) return tl::unexpected(text.error());
  for (const std::string& change : changes) {
    const size_t sign = change.find('=');
    if (sign == std::string::npos || sign == 0) {
      return fail(ErrorKind::kUsage, "--set wants KEY=VALUE, not " + change, "--set session.messages=500");
    }
    const auto set = text->set(change.substr(0, sign), change.substr(sign + 1));
    if (!set) return fail(ErrorKind::kUsage, "--set " + set.error().message, set.error().remedy);
  }
  return text->text();
}

// The scenarios read again from their changed texts, one file after the other.
Selected change_scenarios(const std::vector<Scenario>& scenarios, const std::vector<std::string>& changes) {
  Selected changed;
  std::vector<Diagnostic> diagnostics;
  for (const Scenario& scenario : scenarios) {
    const auto text = changed_text(scenario, changes);
    if (!text) return {{}, report_error(text.error())};
    Loaded loaded = load_scenario_text(scenario.path, *text);
    for (Diagnostic& diagnostic : loaded.diagnostics) {
      diagnostic.file += fmt::format(" with --set {}", fmt::join(changes, " --set "));
      diagnostics.push_back(std::move(diagnostic));
    }
    for (Scenario& one : loaded.scenarios) {
      one.resolved = true;  // what its file says is no longer what is run: only the text repeats it
      changed.scenarios.push_back(std::move(one));
    }
  }
  if (diagnostics.empty()) return changed;
  fmt::print(stderr, "{}", diagnostics_to_text(std::move(diagnostics)));
  return {{}, kExitUsage};
}

// Everything at once: somebody who mends the other mistakes need not come back for these.
void add_unknown_points(Loaded& loaded, const std::string& engine) {
  if (engine.empty()) return;
  const auto points = engine_fault_points(engine);
  if (!points) return;
  for (const auto* const scenarios : {&loaded.scenarios, &loaded.broken}) {
    auto more = check_fault_points(*scenarios, *points);
    std::move(more.begin(), more.end(), std::back_inserter(loaded.diagnostics));
  }
}

// The scenarios of the paths; with an engine, a pattern of a matrix stands for that engine's points.
Loaded load(const Selection& selection, const std::string& engine) {
  std::vector<std::string> points;
  if (!engine.empty()) points = engine_fault_points(engine).value_or(std::vector<std::string>{});
  if (!selection.paths.empty()) return load_scenarios(selection.paths, points);
  Loaded stock = load_scenarios({default_scenarios()}, points);
  // Nobody named that folder: who has none begins with a first scenario, or names the one that `init` has made.
  std::error_code trouble;
  const bool begun = std::filesystem::is_directory(kFirstFolder, trouble);
  for (Diagnostic& diagnostic : stock.diagnostics) {
    if (diagnostic.file == default_scenarios() && diagnostic.code == std::string(code::kCannotRead)) {
      diagnostic.hint = begun ? std::string("name the folder: ") + kFirstFolder
                              : std::string("`crashwright init` writes a first scenario");
    }
  }
  return stock;
}

// None when `engine` is that one.
std::vector<std::string> points_of_the_mock_engine(const std::string& engine) {
  const auto programs = find_programs("");
  if (!programs || programs->release == engine) return {};
  return engine_fault_points(programs->release).value_or(std::vector<std::string>{});
}

// What the scenario names that only `reference` has becomes something that it needs.
void need_points_of(const std::vector<std::string>& reference, const std::vector<std::string>& points,
                    Scenario& scenario) {
  const auto is_in = [](const std::vector<std::string>& names, const PointUse& use) {
    return std::find(names.begin(), names.end(), use.name) != names.end();
  };
  std::erase_if(scenario.points, [&](const PointUse& use) {
    if (is_in(points, use) || !is_in(reference, use)) return false;
    scenario.needs.push_back(need_of_point(use.name));
    return true;
  });
}

void add_missing_programs(Loaded& loaded) {
  for (const auto* const scenarios : {&loaded.scenarios, &loaded.broken}) {
    auto more = find_missing_programs(*scenarios);
    std::move(more.begin(), more.end(), std::back_inserter(loaded.diagnostics));
  }
}

}  // namespace

void Selection::add_paths(Options& options) {
  options.arguments("[FILE|FOLDER]...", paths,
                    "scenario files; a folder stands for every *.yaml and *.yml below it, but not in runs "
                    "(default: the folder scenarios, or the stock scenarios that were installed)");
}

void Selection::add_filters(Options& options) {
  options.text("--filter", "TEXT", filter,
               "only scenarios with TEXT in their name or path; * in it stands for any text");
  options.texts("--tag", "TAG", tags, "only scenarios with this tag");
  options.texts("--skip-tag", "TAG", skipped_tags, "no scenarios with this tag");
  options.word("--fault", "KIND", fault, fault_kind_names(), "only scenarios with this kind of fault");
  options.word("--verifier", "PROMISE", verifier, verifier_names(), "only scenarios in which this promise is judged");
  options.word("--build", "BUILD", build, {"release", "asan"}, "only cases of this build: release or asan");
}

void Selection::add_changes(Options& options) {
  options.texts("--set", "KEY=VALUE", changes, "change every scenario: session.messages=500");
}

std::optional<Build> Selection::only_build() const {
  if (build.empty()) return std::nullopt;
  return build == "asan" ? Build::kAsan : Build::kRelease;
}

std::string default_scenarios() {
  std::error_code trouble;
  const std::filesystem::path here = "scenarios";
  if (std::filesystem::exists(here, trouble)) return here.string();
  const auto program = std::filesystem::read_symlink("/proc/self/exe", trouble);
  const auto installed = program.parent_path().parent_path() / "share" / "crashwright" / "scenarios";
  return std::filesystem::exists(installed, trouble) ? installed.string() : here.string();
}

std::vector<Diagnostic> find_mistakes(const Selection& selection, const std::string& engine) {
  Loaded loaded = load(selection, engine);
  add_unknown_points(loaded, engine);
  if (!engine.empty()) add_missing_programs(loaded);
  return std::move(loaded.diagnostics);
}

Selected select_scenarios(const Selection& selection, const std::string& engine) {
  Loaded loaded = load(selection, engine);
  if (!loaded.diagnostics.empty()) {
    add_unknown_points(loaded, engine);
    fmt::print(stderr, "{}", diagnostics_to_text(std::move(loaded.diagnostics)));
    return {{}, kExitUsage};
  }
  return filter_scenarios(std::move(loaded.scenarios), selection);
}

Selected filter_scenarios(std::vector<Scenario> scenarios, const Selection& selection) {
  Selected selected;
  const auto total = scenarios.size();
  std::set<std::string> tags;
  for (const Scenario& scenario : scenarios) tags.insert(scenario.tags.begin(), scenario.tags.end());
  for (Scenario& scenario : scenarios) {
    if (passes(scenario, selection)) selected.scenarios.push_back(std::move(scenario));
  }
  if (selected.scenarios.empty()) {
    fmt::print(stderr, "crashwright: nothing selected: none of {} {} passes the filters\n", total,
               total == 1 ? "scenario" : "scenarios");
    fmt::print(stderr, "  {}\n", nothing_passes(tags, selection));
    selected.exit_code = kExitNothing;
    return selected;
  }
  return selection.changes.empty() ? selected : change_scenarios(selected.scenarios, selection.changes);
}

std::optional<int> refuse_unknown_points(std::vector<Scenario>& scenarios, const std::string& engine) {
  // Who names no fault point needs no engine to ask.
  const bool named = std::any_of(scenarios.begin(), scenarios.end(),
                                 [](const Scenario& scenario) { return !scenario.points.empty(); });
  if (!named) return std::nullopt;
  const auto points = engine_fault_points(engine);
  if (!points) return report_error(points.error());
  const std::vector<std::string> reference = points_of_the_mock_engine(engine);
  for (Scenario& scenario : scenarios) need_points_of(reference, *points, scenario);
  std::vector<Diagnostic> diagnostics = check_fault_points(scenarios, *points);
  if (diagnostics.empty()) return std::nullopt;
  fmt::print(stderr, "{}", diagnostics_to_text(std::move(diagnostics)));
  return kExitUsage;
}

std::optional<int> refuse_missing_programs(const std::vector<Scenario>& scenarios) {
  std::vector<Diagnostic> diagnostics = find_missing_programs(scenarios);
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
    const std::string near = suggestion(bug, *known);
    return report_error({ErrorKind::kUsage, fmt::format("no planted bug \"{}\" in {}", bug, engine),
                         near.empty() ? fmt::format("{} --list-planted-bugs names them", engine) : near});
  }
  return std::nullopt;
}

}  // namespace crashwright::harness::cli
