#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/recorded_case.h"
#include "harness/cli/shrink_trials.h"
#include "harness/scenario/scenario_text.h"
#include "harness/scenario/shrink.h"
#include "harness/scenario/value.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

struct ShrinkArguments {
  std::vector<std::string> given;
  std::string write;
  std::string duration;
  uint64_t trials_max = 100;
  ShrinkRequest request;
};

// The case that is to be shrunk: a recorded one, or the one case of a scenario file.
Result<RecordedCase> chosen_case(const std::string& given, const ShrinkRequest& request) {
  std::error_code trouble;
  if (fs::is_directory(given, trouble)) return read_recorded_case(given);
  auto text = read_file(given);
  if (!text) return fail(ErrorKind::kUsage, text.error().message, "name the folder of a case, or a scenario file");
  RecordedCase recorded;
  recorded.scenario_path = given;
  recorded.scenario_text = std::move(*text);
  recorded.options.run_seed = request.seed;
  recorded.build = request.build == "asan" ? Build::kAsan : Build::kRelease;
  recorded.options.only_build = recorded.build;
  if (const size_t cases = count_cases(recorded, given); cases > 1) {
    return fail(ErrorKind::kUsage, fmt::format("{} has {} cases", given, cases),
                "run it, and shrink the folder of the case that failed");
  }
  const auto plan = plan_again(recorded, recorded.scenario_text, given);
  if (!plan) return tl::unexpected(plan.error());
  recorded.id = plan->id;
  recorded.scenario_text = plan->scenario_text;
  return recorded;
}

std::string heading(const RecordedCase& recorded, const std::string& failure, const std::string& path) {
  std::string text =
      fmt::format("# The smallest scenario found that still fails as {} did:\n# {}\n", recorded.id, failure);
  text += fmt::format("# crashwright run {} --seed {}", path, recorded.options.run_seed);
  const bool of_its_own = recorded.build == Build::kForeign;  // has no other build
  if (recorded.build != Build::kPlanted && !of_its_own) text += fmt::format(" --build {}", build_name(recorded.build));
  if (recorded.build == Build::kPlanted && recorded.options.planted_bugs.empty()) text += " --planted-build";
  for (const std::string& bug : recorded.options.planted_bugs) text += " --planted-bug " + bug;
  return text + "\n";
}

// Both files may be run together, and no two scenarios of a run may have one name.
std::string with_own_name(const std::string& scenario) {
  auto text = ScenarioText::parse("scenario", scenario);
  const YamlNode* const name = text ? text->find("name") : nullptr;
  if (name == nullptr || name->text.ends_with(kNameOfSmallest)) return scenario;
  std::string quoted = "'";
  for (const char c : name->text + kNameOfSmallest) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return text->set("name", quoted + "'") ? text->text() : scenario;
}

int refuse_unfired(const RecordedCase& recorded, const ShrinkTrials& trials) {
  fmt::print(stderr,
             "crashwright: {}: nothing failed that could be made smaller: {}\n"
             "  let the fault fire first: an earlier hit, another point, a longer session\n",
             recorded.id, printable(trials.failure()));
  return kExitInconclusive;
}

int shrink(ShrinkArguments& arguments) {
  const auto recorded = chosen_case(arguments.given.front(), arguments.request);
  if (!recorded) return report_error(recorded.error());
  const std::string path = arguments.write.empty() ? recorded->id + ".smallest.yaml" : arguments.write;
  auto trials = ShrinkTrials::begin(*recorded, arguments.request);
  if (!trials) return report_error(trials.error());
  if (!(*trials)->original_fails()) {
    fmt::print(stderr, "crashwright: {} does not fail: {}\n", recorded->id, printable((*trials)->failure()));
    return kExitInconclusive;
  }
  if ((*trials)->fault_never_fired()) return refuse_unfired(*recorded, **trials);
  fmt::print("fails: {}\n", printable((*trials)->failure()));
  Shrinker shrinker([&](const std::string& what, const std::string& text) { return (*trials)->attempt(what, text); });
  const auto smallest = shrinker.shrink(recorded->scenario_text);
  if (!smallest) return report_error(smallest.error());
  const std::string scenario = with_own_name(*smallest);
  const std::string text = heading(*recorded, printable((*trials)->failure()), path) + scenario;
  if (const auto written = write_named_output(path, text); !written) return report_error(written.error());
  fmt::print("\n{}\n{} trials in {:.1f} s{}; written to {}\n", scenario, (*trials)->count(), (*trials)->seconds(),
             (*trials)->ended_by().empty() ? "" : ", ended by " + (*trials)->ended_by(), path);
  return (*trials)->interrupted() ? kExitInterrupted : kExitPassed;
}

}  // namespace

int shrink_command(const std::vector<std::string>& words) {
  ShrinkArguments arguments;
  ShrinkRequest& request = arguments.request;
  Options options(
      "shrink",
      "Makes a failing case smaller: fewer faults, a shorter session, earlier hits, fewer lost writes. Writes "
      "the smallest scenario that still fails in the same way: same verdict, same cause, no other promise "
      "broken.");
  options.arguments("CASE|SCENARIO", arguments.given, "folder of a case, or a scenario file with one case");
  options.text("--write", "FILE", arguments.write, "where to write it (default ID.smallest.yaml)");
  options.number("--max-trials", "N", arguments.trials_max, "at most N trials (default 100)");
  options.text("--for", "TIME", arguments.duration, "begin no trial after that: 5min");
  options.number("--seed", "N", request.seed, "of a scenario file; a case has its own (default 1)");
  options.word("--build", "BUILD", request.build, {"release", "asan"}, "of a scenario file: release or asan");
  options.text("--engine", "PATH", request.engine, "engine to run instead of the mock engine beside this program");
  options.text("--out", "DIR", request.out, "folder of the runs (default crashwright-out)");
  options.note("Ends with 3 when the case does not fail to begin with, or a fault of it never fired.");
  options.example("crashwright shrink crashwright-out/latest/double-free.asan");
  options.example("crashwright shrink my.yaml --seed 7 --write smallest.yaml");
  if (const auto code = options.parse(words)) return *code;
  if (arguments.given.size() != 1) {
    return report_error({ErrorKind::kUsage, "shrink wants one case or scenario", "see: crashwright shrink --help"});
  }
  request.trials_max = arguments.trials_max;
  if (!arguments.duration.empty()) {
    const auto limit = parse_duration_ns(arguments.duration);
    if (!limit) return report_error({ErrorKind::kUsage, "--for " + limit.error().message, limit.error().hint});
    request.duration_ns = *limit;
  }
  return shrink(arguments);
}

}  // namespace crashwright::harness::cli
