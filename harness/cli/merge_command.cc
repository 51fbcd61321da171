#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/run_outputs.h"
#include "harness/cli/run_reference.h"
#include "harness/report/run_merge.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

struct MergeRequest {
  std::vector<std::string> runs;
  std::string out;
  std::string junit;
  std::string format = "human";
  bool skips_allowed = false;
};

// A folder that is not there yet, is empty, or holds an earlier merge, which is replaced.
Result<std::string> merge_folder(const std::string& out) {
  std::error_code trouble;
  fs::create_directories(out, trouble);
  if (trouble) return fail(ErrorKind::kEnvironment, out + ": " + trouble.message(), "choose another --out");
  const bool earlier = fs::exists(fs::path(out) / ".merged", trouble);
  if (!earlier && !fs::is_empty(out, trouble)) {
    return fail(ErrorKind::kUsage, out + ": holds something that is no merged run", "choose another --out");
  }
  if (const auto marked = write_file(out + "/.merged", "made by crashwright merge\n"); !marked) {
    return tl::unexpected(marked.error());
  }
  fs::remove(fs::path(out) / "events.jsonl", trouble);
  return fs::canonical(out, trouble).string();
}

Result<std::vector<MergePart>> open_parts(const std::vector<std::string>& runs) {
  std::vector<MergePart> parts;
  for (const std::string& given : runs) {
    auto run = open_run(given);
    if (!run) return tl::unexpected(run.error());
    parts.push_back({std::move(run->folder), std::move(run->record)});
  }
  return parts;
}

// From the first start to the last end: shares run beside each other.
uint64_t last_end(const std::vector<MergePart>& parts) {
  uint64_t end = 0;
  for (const MergePart& part : parts) {
    if (part.record.finished) end = std::max(end, part.record.finished->wall_ns);
  }
  return end;
}

Status write_merged(const RunRecord& run, const MergeRequest& request, const std::string& folder) {
  const auto log = EventLog::open(folder + "/events.jsonl");
  if (!log) return tl::unexpected(log.error());
  for (const Event& event : events_of(run)) (*log)->on_event(event);
  return write_outputs({folder, request.junit, request.format == "json" ? stderr : stdout});
}

int merge(const MergeRequest& request) {
  if (request.runs.empty() || request.out.empty()) {
    return report_error({ErrorKind::kUsage, "merge wants runs and --out DIR", "see: crashwright merge --help"});
  }
  auto parts = open_parts(request.runs);
  if (!parts) return report_error(parts.error());
  const auto folder = merge_folder(request.out);
  if (!folder) return report_error(folder.error());
  const uint64_t ended_wall_ns = last_end(*parts);
  auto run = merge_runs(std::move(*parts), *folder);
  if (!run) return report_error(run.error());
  RunFinished finished;
  finished.wall_ns = std::max(ended_wall_ns, run->started.wall_ns);
  finished.duration_ns = finished.wall_ns - run->started.wall_ns;
  finished.exit_code = exit_code(count_outcomes(*run), false, request.skips_allowed);
  run->finished = finished;
  run->started.argv = {"merge"};
  run->started.argv.insert(run->started.argv.end(), request.runs.begin(), request.runs.end());
  if (const auto written = write_merged(*run, request, *folder); !written) return report_error(written.error());
  if (request.format == "json") {
    const auto json = read_file(*folder + "/run.json");
    if (json) fmt::print("{}", *json);
  } else {
    for (const RunNote& note : run->notes) fmt::print("note: {}\n", printable(note.text));
    Console(stdout).print_summary(*run);
  }
  return finished.exit_code;
}

}  // namespace

int merge_command(const std::vector<std::string>& arguments) {
  MergeRequest request;
  Options options("merge",
                  "Makes one run of several: one verdict, one JUnit report, one page. Names shares that are missing.");
  options.arguments("RUN...", request.runs, "folders of runs, or of all runs of a machine (then its latest)");
  options.text("--out", "DIR", request.out, "folder of the merged run");
  options.text("--junit", "FILE", request.junit, "write the JUnit report there too");
  options.word("--format", "FORMAT", request.format, {"human", "json"}, "human, or json: run.json on standard output");
  options.flag("--allow-skipped", request.skips_allowed, "skipped cases do not change the exit code");
  options.note(
      "Ends as a run of all cases would; with 3 when a share is missing or was cut short. A share that was run again "
      "counts by its last complete run.");
  options.example("crashwright merge shares/*/ --out merged --junit junit.xml");
  if (const auto code = options.parse(arguments)) return *code;
  return merge(request);
}

}  // namespace crashwright::harness::cli
