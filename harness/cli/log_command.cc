#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/log_filter.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal_text.h"
#include "harness/report/timeline_report.h"

namespace crashwright::harness::cli {
namespace {

struct LogRequest {
  std::vector<std::string> paths;
  LogFilter filter;
  std::string format = "human";
  std::string out;
  bool relative = false;
  bool quiet = false;
};

TimelineTextStyle terminal_style(bool to_file) {
  TimelineTextStyle style;
  if (to_file || ::isatty(STDOUT_FILENO) == 0) return style;
  style.colour = std::getenv("NO_COLOR") == nullptr;
  style.width = terminal_columns(stdout);
  return style;
}

std::string render(const rca::Timeline& timeline, const LogRequest& request, std::optional<uint64_t> crash_ns) {
  if (request.format == "json") return timeline_json_lines(timeline);
  if (request.format == "perfetto") return timeline_perfetto(timeline);
  TimelineTextStyle style = terminal_style(!request.out.empty());
  if (request.relative) style.relative_ns = crash_ns;
  return timeline_text(timeline, style);
}

void print_account(const std::string& account) {
  const size_t columns = terminal_columns(stderr);
  std::istringstream lines(account);
  for (std::string line; std::getline(lines, line);) fmt::print(stderr, "{}\n", fold(line, 2, columns));
}

Status show(const LogRequest& request) {
  if (request.paths.empty()) {
    return fail(ErrorKind::kUsage, "log wants a folder or files", "see: crashwright log --help");
  }
  auto timeline = rca::read_timeline(request.paths);
  if (!timeline) return tl::unexpected(timeline.error());
  std::optional<uint64_t> crash_ns;
  if (!timeline->crashes.empty()) crash_ns = timeline->events[timeline->crashes.front().event].at_ns;
  if (request.relative && !crash_ns) {
    return fail(ErrorKind::kUsage, "no crash record here to count from", "leave --relative out");
  }
  if (auto good = apply_log_filter(request.filter, *timeline); !good) return good;
  const std::string text = render(*timeline, request, crash_ns);
  if (!request.out.empty()) {
    if (auto good = write_file(request.out, text); !good) return good;
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  // JSON lines carry the account themselves; it must not stand between the lines of a pipe.
  if (!request.quiet && request.format != "json") print_account(timeline_account(*timeline));
  return {};
}

}  // namespace

int log_command(const std::vector<std::string>& arguments) {
  LogRequest request;
  LogFilter& filter = request.filter;
  const std::vector<std::string> kinds = {"engine", "audit", "exchange", "feed", "crash"};
  Options options("log",
                  "Shows what engine log, audit log, exchange, feed and crash record say, on one time axis, in order.");
  options.arguments("DIR|FILE...", request.paths,
                    "case folder, or flight recorder files, audit log, crash record, drop_copy.jsonl, *.itch");
  options.word("--format", "FORMAT", request.format, {"human", "json", "perfetto"},
               "human; json: an object a line; perfetto: a trace for ui.perfetto.dev");
  options.text("--out", "FILE", request.out, "write into a file");
  options.text("--around", "DURATION", filter.around, "only this long before and after each crash: 50ms");
  options.text("--since", "TIME", filter.since,
               "from here on: -50ms (from the crash), 11:02:03.5, 2026-11-25T11:02:03Z");
  options.text("--until", "TIME", filter.until, "up to here");
  options.texts("--thread", "NAME|TID", filter.threads, "only this thread");
  options.texts("--source", "KIND", filter.sources, "only engine, audit, exchange, feed or crash");
  options.word("--severity", "LEVEL", filter.severity, {"debug", "info", "warn", "error"}, "this severity and above");
  options.text("--grep", "TEXT", filter.text, "only events whose text contains this, in any case");
  options.flag("--relative", request.relative, "times as distance from the first crash");
  options.flag("--quiet", request.quiet, "without the account of what was read and refused, on standard error");
  options.note("Times are UTC. Colour on a terminal only, and not with NO_COLOR.");
  options.example("crashwright log crashwright-out/latest/double-free.release --around 50ms");
  options.example("crashwright log flight-4711.rec --thread trading --severity warn");
  options.example("crashwright log inc0/ --format perfetto --out trace.json");
  options.example("crashwright log inc0/ exchange/drop_copy.jsonl --relative --since=-20ms");
  if (const auto code = options.parse(arguments)) return *code;
  for (const std::string& source : filter.sources) {
    if (std::find(kinds.begin(), kinds.end(), source) == kinds.end()) {
      return report_error({ErrorKind::kUsage, "no source \"" + source + "\"", "engine, audit, exchange, feed, crash"});
    }
  }
  const auto shown = show(request);
  return shown ? kExitPassed : report_error(shown.error());
}

}  // namespace crashwright::harness::cli
