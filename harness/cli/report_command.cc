#include <fmt/format.h>

#include <cstdio>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/run_reference.h"
#include "harness/report/github.h"
#include "harness/report/report.h"

namespace crashwright::harness::cli {
namespace {

std::string render(const RunReference& run, const std::string& format) {
  if (format == "json") return render_run_json(run.record);
  if (format == "junit") return render_junit(run.record);
  if (format == "html") return render_page(run.record, run.folder).html;
  if (format == "markdown") return run_markdown(run.record);
  return format == "perfetto" ? render_perfetto(run.record) : github_annotations(run.record, "");
}

int print_format(const RunReference& run, const std::string& format, const std::string& out) {
  const std::string text = render(run, format);
  if (out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kExitPassed;
  }
  const auto written = write_named_output(out, text);
  return written ? kExitPassed : report_error(written.error());
}

}  // namespace

int report_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> runs;
  std::string format;
  std::string out;
  Options options("report",
                  "Renders run.json, junit.xml and report.html of a run again from its events.jsonl, "
                  "also of an interrupted run; or one format alone.");
  options.arguments("[RUN]...", runs, "folder of a run (default crashwright-out/latest)");
  options.word("--format", "FORMAT", format, {"json", "junit", "html", "markdown", "perfetto", "github"},
               "print this one: json, junit, html, markdown, perfetto (a trace for ui.perfetto.dev), github "
               "(annotations)");
  options.text("--out", "FILE", out, "write what --format gives into a file");
  options.example("crashwright report crashwright-out/latest");
  options.example("crashwright report --format perfetto --out trace.json");
  options.example("crashwright report --format markdown | less");
  if (const auto code = options.parse(arguments)) return *code;
  if (runs.empty()) runs.emplace_back(kLatestRun);
  for (const std::string& given : runs) {
    const auto run = open_run(given);
    if (!run) return report_error(run.error());
    if (!format.empty()) return print_format(*run, format, out);
    if (const auto written = write_reports(run->folder); !written) return report_error(written.error());
    fmt::print("{}/report.html\n", run->folder);
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
