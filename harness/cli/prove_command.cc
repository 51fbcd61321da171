#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "base/file.h"
#include "base/harness_bug.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/prove_table.h"
#include "harness/cli/run_folder.h"
#include "harness/cli/selection.h"
#include "harness/cli/sweep_selection.h"
#include "harness/cli/terminal_text.h"
#include "harness/scenario/engine_checks.h"
#include "harness/scenario/loader.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

struct ProveArguments {
  std::vector<std::string> folders;
  std::vector<std::string> only_bugs;
  std::string json_path;
  std::string format = "human";
  uint64_t jobs = 2;
  bool list = false;
  bool all_scenarios = false;
  RunRequest request;

  [[nodiscard]] std::string folder() const { return folders.empty() ? default_scenarios() : folders.front(); }
};

bool is_meant(const Scenario& scenario, const std::string& word, const std::string& folder) {
  return scenario.name == word || scenario.path == word || scenario.path == folder + "/" + word;
}

// The scenarios of one bug, or the word that means none of them.
Result<std::vector<Scenario>> scenarios_of(const PlantedBug& bug, const std::vector<Scenario>& all,
                                           const std::string& folder) {
  std::vector<Scenario> chosen;
  for (const std::string& word : bug.scenarios) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Scenario& scenario) { return is_meant(scenario, word, folder); });
    if (found == all.end()) {
      std::vector<std::string> names;
      for (const Scenario& scenario : all) names.push_back(scenario.name);
      return fail(ErrorKind::kUsage, fmt::format("planted bug {}: no scenario \"{}\"", bug.name, word),
                  suggestion(word, names));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

void add_plans(const std::vector<Scenario>& scenarios, const PlanOptions& options, const std::string& prefix,
               std::vector<Plan>& plans) {
  for (Plan& plan : make_plans(scenarios, options)) {
    plan.id = prefix + plan.id;
    plans.push_back(std::move(plan));
  }
}

// Every bug against its scenarios, then scenarios without a bug: all of them, or those of the bugs that were named.
Result<std::vector<Plan>> plan_proof(const std::vector<PlantedBug>& bugs, const std::vector<Scenario>& all,
                                     const ProveArguments& prove) {
  std::vector<Plan> plans;
  std::vector<Scenario> clean;
  std::vector<Scenario> own;
  std::copy_if(all.begin(), all.end(), std::back_inserter(own),
               [](const Scenario& scenario) { return !has_own_engine(scenario); });
  for (const PlantedBug& bug : bugs) {
    auto scenarios = scenarios_of(bug, all, prove.folder());
    if (!scenarios) return tl::unexpected(scenarios.error());
    PlanOptions options;
    options.run_seed = prove.request.seed;
    options.planted_build = true;
    if (bug.in_harness) {
      options.harness_bug = bug.name;
    } else {
      options.planted_bugs = {bug.name};
    }
    if (prove.all_scenarios) *scenarios = own;
    const size_t before = plans.size();
    add_plans(*scenarios, options, bug.name + "--", plans);
    if (plans.size() == before) {
      return fail(ErrorKind::kUsage,
                  fmt::format("planted bug {}: its scenarios have no case of the release build", bug.name));
    }
    if (prove.only_bugs.empty()) continue;
    for (const Scenario& scenario : *scenarios) {
      const auto same = [&](const Scenario& other) { return other.name == scenario.name; };
      if (std::none_of(clean.begin(), clean.end(), same)) clean.push_back(scenario);
    }
  }
  if (prove.only_bugs.empty()) clean = own;
  PlanOptions options;
  options.run_seed = prove.request.seed;
  options.planted_build = true;
  add_plans(clean, options, kCleanPrefix, plans);
  return plans;
}

void declare(Options& options, ProveArguments& prove) {
  options.arguments("[FOLDER]", prove.folders,
                    "folder of the scenarios and of planted_bugs.yaml (default: the folder "
                    "scenarios, or the stock scenarios that were installed)");
  options.flag("--list", prove.list, "name the bugs, one a line, and end");
  options.texts("--bug", "NAME", prove.only_bugs, "only this bug");
  options.flag("--all-scenarios", prove.all_scenarios,
               "each bug against every scenario and not only against those that are meant to catch it: some "
               "30,000 cases, an hour or two");
  options.number("--jobs", "N", prove.jobs, "cases at a time (default 2)");
  options.number("--seed", "N", prove.request.seed, "the run's seed (default 1)");
  options.text("--out", "DIR", prove.request.out, "folder of the runs (default crashwright-out)");
  options.word("--format", "FORMAT", prove.format, {"human", "json"},
               "human, or json: the table on standard output as JSON");
  options.text("--json", "FILE", prove.json_path, "write the table there as JSON too");
  options.flag("--keep", prove.request.keep_all, "keep every artefact");
  options.note("Ends with 1 when a bug was missed or a clean run was called broken.");
  options.example("crashwright prove");
  options.example("crashwright prove --bug no_fsync --keep");
}

Result<std::vector<PlantedBug>> choose(std::vector<PlantedBug> bugs, const std::vector<std::string>& names) {
  if (names.empty()) return bugs;
  std::vector<PlantedBug> chosen;
  std::vector<std::string> known;
  for (const PlantedBug& bug : bugs) known.push_back(bug.name);
  for (const std::string& name : names) {
    const auto found = std::find_if(bugs.begin(), bugs.end(), [&](const PlantedBug& bug) { return bug.name == name; });
    if (found == bugs.end()) {
      return fail(ErrorKind::kUsage, fmt::format("no planted bug \"{}\"", name), suggestion(name, known));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

// The bugs of the harness are in a program of their own, which then does all of this.
int hand_over(const std::vector<std::string>& arguments) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").replace_filename("crashwright_planted");
  std::vector<std::string> words = {program, "prove"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::fflush(nullptr);
  ::execv(program.c_str(), argv.data());
  return report_error({ErrorKind::kEnvironment, "no crashwright_planted beside this program",
                       "build it, or name bugs of the engine with --bug"});
}

std::optional<int> refuse_unknown_harness_bugs(const std::vector<PlantedBug>& bugs) {
  const std::vector<std::string> known = harness_bugs();
  for (const PlantedBug& bug : bugs) {
    if (!bug.in_harness || std::find(known.begin(), known.end(), bug.name) != known.end()) continue;
    return report_error({ErrorKind::kUsage, fmt::format("no planted bug \"{}\" in the harness", bug.name),
                         suggestion(bug.name, known)});
  }
  return std::nullopt;
}

int run_proof(const std::vector<PlantedBug>& bugs, ProveArguments& prove) {
  Selection selection;
  selection.paths = {prove.folder()};
  const auto programs = find_programs("");
  if (!programs) return report_error(programs.error());
  Selected selected = select_scenarios(selection, programs->release);
  if (selected.exit_code) return *selected.exit_code;
  std::vector<std::string> engine_bugs;
  for (const PlantedBug& bug : bugs) {
    if (!bug.in_harness) engine_bugs.push_back(bug.name);
  }
  if (const auto code = refuse_unknown_harness_bugs(bugs)) return *code;
  if (const auto code = refuse_unknown_bugs(engine_bugs, programs->planted)) return *code;
  if (const auto code = refuse_unknown_points(selected.scenarios, programs->release)) return *code;
  const Selected unfolded = unfold_sweeps(selected.scenarios, *programs, prove.request);
  if (unfolded.exit_code) return *unfolded.exit_code;
  const auto plans = plan_proof(bugs, unfolded.scenarios, prove);
  if (!plans) return report_error(plans.error());
  prove.request.jobs = static_cast<unsigned>(std::clamp<uint64_t>(prove.jobs, 1, 64));
  prove.request.prefix = "prove-";
  // Failing cases are what this is about: progress goes to standard error, the table to standard output.
  prove.request.progress = stderr;
  prove.request.tells_github = false;
  prove.request.tells_failures = false;
  prove.request.note = "cases of planted bugs are meant to fail; the table tells which were caught";
  const auto outcome = carry_out(*plans, *programs, prove.request);
  if (!outcome) return report_error(outcome.error());
  if (outcome->exit_code == kExitInterrupted) return kExitInterrupted;
  const ProofResult result = judge_proof(bugs, outcome->record);
  fmt::print("{}", prove.format == "json" ? proof_to_json(result) : proof_to_text(result, terminal_columns(stdout)));
  if (!prove.json_path.empty()) {
    if (const auto written = write_file(prove.json_path, proof_to_json(result)); !written) {
      return report_error(written.error());
    }
  }
  return result.holds() ? kExitPassed : kExitBroken;
}

}  // namespace

int prove_command(const std::vector<std::string>& arguments) {
  ProveArguments prove;
  Options options("prove",
                  "Runs every planted bug against the scenarios meant to catch it, and all scenarios without a "
                  "bug (with --bug, those of the bug).");
  declare(options, prove);
  if (const auto code = options.parse(arguments)) return *code;
  prove.request.argv = arguments;
  PlantedBugs list = load_planted_bugs(prove.folder() + "/planted_bugs.yaml");
  if (!list.diagnostics.empty()) {
    fmt::print(stderr, "{}", diagnostics_to_text(std::move(list.diagnostics)));
    return kExitUsage;
  }
  const auto bugs = choose(std::move(list.bugs), prove.only_bugs);
  if (!bugs) return report_error(bugs.error());
  const bool in_harness = std::any_of(bugs->begin(), bugs->end(), [](const PlantedBug& bug) { return bug.in_harness; });
  if (!prove.list && in_harness && harness_bugs().empty()) return hand_over(arguments);
  if (!prove.list) return run_proof(*bugs, prove);
  for (const PlantedBug& bug : *bugs) fmt::print("{}\n", bug.name);
  return bugs->empty() ? kExitNothing : kExitPassed;
}

}  // namespace crashwright::harness::cli
