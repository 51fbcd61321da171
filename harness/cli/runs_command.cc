#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "harness/cli/command.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/report/event_log.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

struct Recorded {
  std::string folder;
  RunRecord run;
};

// Every folder with an event log, oldest first. One that cannot be read is told on standard error.
std::vector<Recorded> recorded_runs(const std::string& out) {
  std::vector<Recorded> found;
  std::error_code trouble;
  for (fs::directory_iterator entry(out, trouble), end; entry != end && !trouble; entry.increment(trouble)) {
    if (entry->is_symlink(trouble) || !fs::exists(entry->path() / "events.jsonl", trouble)) continue;
    auto run = read_events(entry->path().string() + "/events.jsonl");
    if (run) {
      found.push_back({entry->path().string(), std::move(*run)});
    } else {
      fmt::print(stderr, "{}: {}\n", entry->path().string(), run.error().message);
    }
  }
  std::sort(found.begin(), found.end(), [](const Recorded& a, const Recorded& b) {
    return std::tie(a.run.started.wall_ns, a.folder) < std::tie(b.run.started.wall_ns, b.folder);
  });
  return found;
}

std::string local_time(uint64_t wall_ns) {
  const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000U);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(seconds));
}

nlohmann::ordered_json to_json(const std::string& folder, const RunRecord& run) {
  const OutcomeCounts counts = count_outcomes(run);
  return {{"folder", folder},
          {"started_wall_ns", run.started.wall_ns},
          {"seed", run.started.seed},
          {"finished", run.finished.has_value()},
          {"exit_code", run.finished ? nlohmann::ordered_json(run.finished->exit_code) : nullptr},
          {"pass", counts.pass},
          {"fail", counts.fail},
          {"inconclusive", counts.inconclusive},
          {"skipped", counts.skipped},
          {"error", counts.error},
          {"unfinished", counts.unfinished}};
}

}  // namespace

int runs_command(const std::vector<std::string>& arguments) {
  std::string out = "crashwright-out";
  std::string format = "human";
  Options options("runs", "Lists the recorded runs, the newest last, with what came of them.");
  options.text("--out", "DIR", out, "folder of the runs (default crashwright-out)");
  options.word("--format", "FORMAT", format, {"human", "json"}, "human or json");
  options.example("crashwright runs");
  if (const auto code = options.parse(arguments)) return *code;
  const std::vector<Recorded> runs = recorded_runs(out);
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const auto& [folder, run] : runs) {
    if (format == "json") {
      all.push_back(to_json(folder, run));
      continue;
    }
    const std::string end = run.finished ? fmt::format("exit {}", run.finished->exit_code) : "interrupted";
    fmt::print("{}  seed {:<6} {:<11}  {}\n  {}\n", local_time(run.started.wall_ns), run.started.seed, end,
               counts_text(count_outcomes(run)), folder);
  }
  if (format == "json") fmt::print("{}\n", all.dump(2));
  if (!runs.empty()) return kExitPassed;
  fmt::print(stderr, "crashwright: no run in {}\n", out);
  return kExitNothing;
}

}  // namespace crashwright::harness::cli
