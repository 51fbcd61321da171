#include "harness/cli/fault_coverage.h"

#include <fmt/format.h>

#include "harness/report/coverage.h"

namespace crashwright::harness::cli {

int show_fault_coverage(const std::string& folder, bool json) {
  const auto run = read_events(folder + "/events.jsonl");
  if (!run) {
    Error error = run.error();
    error.remedy = "name the folder of a run: it holds events.jsonl";
    return report_error(error) == kExitInternal ? kExitInternal : kExitUsage;
  }
  const FaultCoverage coverage = fault_coverage(*run);
  if (coverage.cases == 0) {
    fmt::print(stderr,
               "crashwright: {}: no case recorded passages of fault points\n"
               "  none started its engine, or the run is older than their recording: run it again\n",
               folder);
    return kExitNothing;
  }
  fmt::print("{}", json ? render_coverage_json(coverage) : render_coverage_text(coverage));
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
