#include "harness/cli/run_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/harness_bug.h"
#include "harness/cli/exit_code.h"
#include "harness/scenario/value.h"

namespace crashwright::harness::cli {
namespace {

constexpr uint64_t kJobsMax = 64;
constexpr uint64_t kRepeatMax = 10'000;
constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kTimeoutMsMin = 1'000;
constexpr uint64_t kTimeoutMsMax = 3'600'000;

Result<uint64_t> duration_of(const char* option, const std::string& text) {
  const auto duration = parse_duration_ns(text);
  if (!duration) {
    const std::string unit = unit_hint(text, parse_duration_ns, kTimeoutMsMin * kNsPerMs, UINT64_MAX);
    return fail(ErrorKind::kUsage, fmt::format("{} {}", option, duration.error().message),
                unit.empty() ? duration.error().hint : unit);
  }
  return *duration;
}

Status check_numbers(const RunArguments& run) {
  if (run.jobs == 0 || run.jobs > kJobsMax) {
    return fail(ErrorKind::kUsage, fmt::format("--jobs wants 1 to {}, not {}", kJobsMax, run.jobs));
  }
  if (run.repeat == 0 || run.repeat > kRepeatMax) {
    return fail(ErrorKind::kUsage, fmt::format("--repeat wants 1 to {}, not {}", kRepeatMax, run.repeat));
  }
  return {};
}

}  // namespace

void declare_outputs(Options& options, RunArguments& run) {
  options.number("--repeat", "N", run.repeat, "each case N times with the same seed");
  options.text("--timeout", "TIME", run.timeout, "for each case instead of the scenario's deadline: 30s");
  options.number("--jobs", "N", run.jobs, "cases at a time (default 2)");
  options.number("--max-fail", "N", run.failures_max, "begin no further case after N failures");
  options.text("--out", "DIR", run.request.out, "folder of the runs (default crashwright-out)");
  options.flag("--keep", run.request.keep_all, "keep every artefact of passing cases too");
  options.flag("--allow-skipped", run.request.skips_allowed, "skipped cases do not change the exit code");
  options.word("--format", "FORMAT", run.format, {"human", "json"},
               "human, or json: run.json on standard output and progress on standard error");
  options.text("--junit", "FILE", run.request.junit, "write the JUnit report there too");
}

void RunArguments::declare(Options& options) {
  selection.add_paths(options);
  selection.add_filters(options);
  share.add_cases(options);
  selection.add_changes(options);
  options.number("--seed", "N", request.seed, "decides all that is drawn, not what two threads do first (default 1)");
  share.add_shards(options);
  options.text("--for", "TIME", duration, "round after round, each with the next seed, until the time is over: 10min");
  options.text("--engine", "PATH", request.engine, "engine to run instead of the mock engine beside this program");
  declare_outputs(options, *this);
  options.flag("--sweep", sweep, "every fault point, first, middle and last passage, with every storage fault");
  options.texts("--planted-bug", "NAME", planted_bugs, "run the planted engine with this deliberate bug");
  options.flag("--planted-build", planted_build, "run the planted engine without a bug");
  options.flag("--names", names, "print the names of the cases and end");
  options.note("A failing case leaves its folder with repro.sh, and its command is printed at the end.");
  options.example("crashwright run scenarios/");
  options.example("crashwright run scenarios/memory --build asan --jobs 4");
  options.example("crashwright run scenarios/ --fault sigkill --seed 7 --keep");
  options.example("crashwright run scenarios/ --set session.messages=500 --for 10min");
  options.example("crashwright run --sweep --shard 1/20 --junit sweep.xml");
}

Result<PlanOptions> RunArguments::plan_options() {
  PlanOptions options;
  if (const auto good = check_numbers(*this); !good) return tl::unexpected(good.error());
  options.run_seed = request.seed;
  options.repeat = static_cast<uint32_t>(repeat);
  options.only_build = selection.only_build();
  options.planted_build = planted_build;
  const std::vector<std::string> of_harness = harness_bugs();
  for (const std::string& bug : planted_bugs) {
    if (std::find(of_harness.begin(), of_harness.end(), bug) != of_harness.end()) {
      options.harness_bug = bug;
      options.planted_build = true;
    } else {
      options.planted_bugs.push_back(bug);
    }
  }
  request.jobs = static_cast<unsigned>(jobs);
  request.limits.failures_max = failures_max;
  if (!duration.empty()) {
    const auto limit = duration_of("--for", duration);
    if (!limit) return tl::unexpected(limit.error());
    request.limits.duration_ns = *limit;
  }
  if (timeout.empty()) return options;
  const auto limit = duration_of("--timeout", timeout);
  if (!limit) return tl::unexpected(limit.error());
  options.deadline_ms = *limit / kNsPerMs;
  if (options.deadline_ms < kTimeoutMsMin || options.deadline_ms > kTimeoutMsMax) {
    return fail(ErrorKind::kUsage, "--timeout wants 1s to 3600s, not " + timeout);
  }
  return options;
}

int carry_out_and_print(const std::vector<Plan>& plans, const Programs& programs, RunArguments& run) {
  run.request.progress = run.format == "json" ? stderr : stdout;
  const auto outcome = carry_out(plans, programs, run.request);
  if (!outcome) return report_error(outcome.error());
  if (run.format == "json") {
    const auto json = read_file(outcome->folder + "/run.json");
    if (json) fmt::print("{}", *json);
  }
  return outcome->exit_code;
}

}  // namespace crashwright::harness::cli
