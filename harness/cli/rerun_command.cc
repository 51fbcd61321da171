#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/file.h"
#include "base/shell_word.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/recorded_case.h"
#include "harness/cli/run_options.h"
#include "harness/cli/run_reference.h"
#include "harness/cli/terminal_text.h"
#include "harness/scenario/engine_points.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

using verifiers::Outcome;

struct RerunArguments {
  std::vector<std::string> runs;
  std::vector<std::string> cases;
  bool skipped = false;
  RunArguments run;
};

// A case that was interrupted is repeated too; one that was skipped only when asked for, or named.
bool is_wanted(const CaseRecord& record, const RerunArguments& rerun) {
  const std::string& id = record.started.case_id;
  if (!rerun.cases.empty()) return std::find(rerun.cases.begin(), rerun.cases.end(), id) != rerun.cases.end();
  if (!record.finished) return true;
  const Outcome outcome = record.finished->outcome;
  return outcome == Outcome::kSkipped ? rerun.skipped : outcome != Outcome::kPass;
}

Status refuse_unknown_cases(const RunRecord& run, const std::vector<std::string>& cases) {
  std::vector<std::string> known;
  for (const CaseRecord& record : run.cases) known.push_back(record.started.case_id);
  for (const std::string& id : cases) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    return fail(ErrorKind::kUsage, fmt::format("no case \"{}\" in {}", id, run.started.folder), suggestion(id, known));
  }
  return {};
}

// What the run was given as `option`, each time.
std::vector<std::string> given(const std::vector<std::string>& argv, const std::string& option) {
  std::vector<std::string> values;
  for (size_t i = 0; i < argv.size(); ++i) {
    if (argv[i] == option && i + 1 < argv.size()) values.push_back(argv[++i]);
    if (argv[i].starts_with(option + "=")) values.push_back(argv[i].substr(option.size() + 1));
  }
  return values;
}

// `engine`: whose fault points the patterns of a matrix stand for; `news`: what became of the scenarios' files
// meanwhile, each once.
Result<std::vector<Plan>> plan_cases(const RunReference& run, const RerunArguments& rerun, const PlanOptions& options,
                                     const std::string& engine, std::vector<std::string>& news) {
  const std::vector<std::string> points = engine_fault_points(engine).value_or(std::vector<std::string>{});
  std::vector<Plan> plans;
  for (const CaseRecord& record : run.record.cases) {
    if (!is_wanted(record, rerun)) continue;
    const std::string place = record.finished ? record.finished->folder : record.started.case_id;
    const std::string folder = run.folder + "/" + place;
    auto recorded = read_recorded_case(folder);
    if (!recorded) return tl::unexpected(recorded.error());
    if (options.deadline_ms) recorded->options.deadline_ms = options.deadline_ms;
    auto plan = plan_again(*recorded, recorded->scenario_text, folder + "/scenario.yaml");
    if (!plan) return tl::unexpected(plan.error());
    // What the file does not say to the letter, only the text in the case's folder repeats.
    plan->resolved =
        recorded->scenario_path.empty() || read_file(recorded->scenario_path).value_or("") != recorded->scenario_text;
    const std::string change = change_of_file(*recorded, points);
    if (!change.empty()) {
      const std::string text = fmt::format("{} {} since", recorded->scenario_path, change);
      if (std::find(news.begin(), news.end(), text) == news.end()) news.push_back(text);
    }
    for (uint32_t i = 1; i <= options.repeat; ++i) {
      plans.push_back(*plan);
      if (i > 1) plans.back().id += fmt::format(".{}", i);
    }
  }
  return plans;
}

// Cases that an interruption or a limit kept from beginning: they left nothing that could be repeated.
void tell_never_started(const RunReference& from, size_t count) {
  if (count == 0) return;
  std::string called;
  for (const std::string& word : from.record.started.argv) called += " " + shell_word(word);
  std::fflush(stdout);
  fmt::print(stderr, "crashwright: not all was run: {} of {} never started and left nothing to repeat\n",
             count == 1 ? "1 case" : fmt::format("{} cases", count), shown_path(from.folder));
  fmt::print(
      stderr, "  {}\n",
      fold(called.empty() ? "run it again as it was, without arguments" : "run it again as it was, with:" + called, 2,
           terminal_columns(stderr)));
}

int repeat(const RunReference& from, RerunArguments& rerun, const PlanOptions& options) {
  if (const auto good = refuse_unknown_cases(from.record, rerun.cases); !good) return report_error(good.error());
  RunRequest& request = rerun.run.request;
  // The same program is asked again.
  const std::vector<std::string> engines = given(from.record.started.argv, "--engine");
  if (request.engine.empty() && !engines.empty()) request.engine = engines.front();
  if (!request.engine.empty()) request.argv.insert(request.argv.end(), {"--engine", request.engine});
  const auto programs = find_programs(request.engine);
  if (!programs) return report_error(programs.error());
  std::vector<std::string> news;
  const auto plans = plan_cases(from, rerun, options, programs->release, news);
  if (!plans) return report_error(plans.error());
  // Who names cases wants those, whatever else there was.
  const size_t never_started = rerun.cases.empty() ? count_outcomes(from.record).never_started : 0;
  if (plans->empty()) {
    fmt::print(stderr, "crashwright: nothing to repeat: no case of {} failed\n", from.folder);
    tell_never_started(from, never_started);
    return never_started > 0 ? kExitInconclusive : kExitNothing;
  }
  request.seed = from.record.started.seed;
  request.note = fmt::format("repeats {} of the {} cases of {}", plans->size() / options.repeat,
                             from.record.cases.size(), from.folder);
  const std::vector<std::string> changes = given(from.record.started.argv, "--set");
  for (const std::string& change : changes) request.argv.insert(request.argv.end(), {"--set", change});
  if (!news.empty() && changes.empty()) {
    request.note += fmt::format("; {}: this repeats what was run", fmt::join(news, ", "));
  }
  const int code = carry_out_and_print(*plans, *programs, rerun.run);
  tell_never_started(from, never_started);
  return code == kExitPassed && never_started > 0 ? static_cast<int>(kExitInconclusive) : code;
}

}  // namespace

int rerun_command(const std::vector<std::string>& arguments) {
  RerunArguments rerun;
  Options options(
      "rerun",
      "Repeats what did not pass in a run: the same seeds, the scenarios as they were resolved then, whatever "
      "became of their files since, which is told. `crashwright run` takes the files as they are now.");
  options.arguments("[RUN]", rerun.runs, "folder of a run (default crashwright-out/latest)");
  options.texts("--case", "ID", rerun.cases, "only this case, whatever came of it");
  options.flag("--skipped", rerun.skipped, "repeat skipped cases too");
  options.text("--engine", "PATH", rerun.run.request.engine, "engine to run instead of the one of that run");
  declare_outputs(options, rerun.run);
  options.example("crashwright rerun");
  options.example("crashwright rerun crashwright-out/latest --case double-free.asan --keep");
  options.example("crashwright rerun --repeat 20");
  if (const auto code = options.parse(arguments)) return *code;
  if (rerun.runs.size() > 1) return report_error({ErrorKind::kUsage, "rerun wants one run", ""});
  const auto planning = rerun.run.plan_options();
  if (!planning) return report_error(planning.error());
  const auto from = open_run(rerun.runs.empty() ? kLatestRun : rerun.runs.front());
  if (!from) return report_error(from.error());
  rerun.run.request.argv = arguments;
  return repeat(*from, rerun, *planning);
}

}  // namespace crashwright::harness::cli
