#include "harness/cli/run_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>

#include "base/clock.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/run_outputs.h"
#include "harness/cli/version.h"
#include "harness/runner/cleanup.h"
#include "harness/runner/interrupt.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kSameSecondMax = 100;

// Replaced by rename, so that somebody who looks at the wrong moment still finds one.
void point_latest_at(const std::string& out, const std::string& name) {
  const std::string link = out + "/latest";
  const std::string fresh = fmt::format("{}/.latest-{}", out, ::getpid());
  ::unlink(fresh.c_str());
  if (::symlink(name.c_str(), fresh.c_str()) != 0 || ::rename(fresh.c_str(), link.c_str()) != 0) {
    ::unlink(fresh.c_str());
  }
}

void undo_dead_runs(EventSink& sink) {
  const auto cleaned = clean_up();
  if (!cleaned) {
    sink.on_event(RunNote{"cleaning up after earlier runs: " + cleaned.error().message});
    return;
  }
  for (const std::string& undone : cleaned->undone) {
    sink.on_event(RunNote{"left by a killed run, undone: " + undone});
  }
  for (const std::string& failure : cleaned->failures) {
    sink.on_event(RunNote{"left by a killed run, still there: " + failure});
  }
}

RunOptions run_options(const RunRequest& request, const Programs& programs, const std::string& folder) {
  RunOptions options;
  options.folder = folder;
  options.jobs = request.jobs;
  options.keep_all = request.keep_all;
  options.programs = programs;
  options.crashwright = own_path();
  options.engine = request.engine;
  options.limits = request.limits;
  options.further_round = request.further_round;
  return options;
}

// A share into which no case falls is done; no case at all would have been refused before.
ExitCode end_code(const RunRequest& request, const RunRecord& record, bool stopped) {
  if (record.started.cases == 0 && request.shard.count > 0 && !stopped) return kExitPassed;
  return exit_code(count_outcomes(record), stopped, request.skips_allowed);
}

}  // namespace

std::string own_path() {
  std::error_code trouble;
  const fs::path path = fs::read_symlink("/proc/self/exe", trouble);
  return trouble ? std::string("crashwright") : path.string();
}

Result<std::string> make_run_folder(const RunRequest& request) {
  std::error_code trouble;
  fs::create_directories(request.out, trouble);
  if (trouble) return fail(ErrorKind::kEnvironment, request.out + ": " + trouble.message(), "choose another --out");
  const fs::path out = fs::canonical(request.out, trouble);
  if (trouble) return fail(ErrorKind::kEnvironment, request.out + ": " + trouble.message(), "choose another --out");
  const std::string base =
      fmt::format("{}{:%Y%m%d-%H%M%S}-{}", request.prefix, fmt::gmtime(std::time(nullptr)), request.seed);
  for (int attempt = 1; attempt <= kSameSecondMax; ++attempt) {
    const std::string name = attempt == 1 ? base : fmt::format("{}.{}", base, attempt);
    const std::string folder = (out / name).string();
    if (::mkdir(folder.c_str(), 0755) == 0) {
      if (request.latest) point_latest_at(out.string(), name);
      return folder;
    }
    if (errno != EEXIST) return fail_errno(errno, folder, "choose another --out");
  }
  return fail(ErrorKind::kEnvironment, out.string() + ": too many runs in one second");
}

Result<RunOutcome> carry_out(const std::vector<Plan>& plans, const Programs& programs, const RunRequest& request) {
  const auto folder = make_run_folder(request);
  if (!folder) return tl::unexpected(folder.error());
  const auto log = EventLog::open(*folder + "/events.jsonl");
  if (!log) return tl::unexpected(log.error());
  Console console(request.progress);
  EventFan sinks({log->get(), &console});
  const uint64_t started_ns = monotonic_ns();
  sinks.on_event(RunStarted{wall_ns(), request.seed, plans.size(), request.jobs, kVersion, programs.release, *folder,
                            request.argv, request.shard});
  if (!request.note.empty()) sinks.on_event(RunNote{request.note});
  undo_dead_runs(sinks);
  const InterruptSignals signals;
  const auto summary = run_plans(plans, run_options(request, programs, *folder), sinks);
  const bool stopped = summary ? summary->interrupted : interrupted();
  RunOutcome outcome;
  outcome.folder = *folder;
  auto record = read_events(*folder + "/events.jsonl");
  if (!record) return tl::unexpected(record.error());
  outcome.exit_code = summary ? end_code(request, *record, stopped) : exit_code(summary.error().kind);
  const RunFinished finished{wall_ns(), monotonic_ns() - started_ns, stopped, outcome.exit_code,
                             summary ? summary->stopped_by : ""};
  sinks.on_event(finished);
  record->finished = finished;
  if (const auto written = write_outputs({*folder, request.junit, request.progress, request.tells_github}); !written) {
    fmt::print(stderr, "crashwright: reports: {}\n", written.error().message);
    // Who reads only the exit code must not take a run for one whose report is there.
    if (outcome.exit_code == kExitPassed) outcome.exit_code = exit_code(written.error().kind);
  }
  if (!summary) return tl::unexpected(summary.error());
  console.print_summary(*record, request.tells_failures);
  outcome.record = std::move(*record);
  return outcome;
}

}  // namespace crashwright::harness::cli
