#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/runner/cleanup.h"

namespace crashwright::harness::cli {

int cleanup_command(const std::vector<std::string>& arguments) {
  Options options("cleanup",
                  "Ends what killed runs left behind: processes, mounts, cgroups, shared memory, temporary folders. "
                  "Runs that are alive are not touched.");
  options.example("crashwright cleanup");
  if (const auto code = options.parse(arguments)) return *code;
  const auto report = clean_up();
  if (!report) return report_error(report.error());
  for (const std::string& undone : report->undone) fmt::print("undone: {}\n", printable(undone));
  for (const std::string& failure : report->failures) fmt::print("still there: {}\n", printable(failure));
  if (report->undone.empty() && report->failures.empty()) fmt::print("nothing was left behind\n");
  return report->failures.empty() ? kExitPassed : kExitEnvironment;
}

}  // namespace crashwright::harness::cli
