#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/report/report.h"

namespace crashwright::harness::cli {

int report_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders;
  Options options("report",
                  "Renders run.json, junit.xml and report.html of a run again from its events.jsonl, "
                  "also of an interrupted run.");
  options.arguments("RUN", folders, "folder of a run (default crashwright-out/latest)");
  options.example("crashwright report crashwright-out/latest");
  if (const auto code = options.parse(arguments)) return *code;
  if (folders.empty()) folders.emplace_back("crashwright-out/latest");
  for (const std::string& folder : folders) {
    if (const auto written = write_reports(folder); !written) {
      Error error = written.error();
      error.remedy = "name the folder of a run: it holds events.jsonl";
      return report_error(error) == kExitInternal ? kExitInternal : kExitUsage;
    }
    fmt::print("{}/report.html\n", folder);
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
