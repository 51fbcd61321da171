#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/report/report.h"
#include "harness/scenario/schema.h"

namespace crashwright::harness::cli {

int schema_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> what;
  Options options(
      "schema",
      "Prints the JSON Schema (draft-07) of the scenario language, for editors that complete and check YAML "
      "with it; or that of a line of events.jsonl.");
  options.arguments("[scenario|events]", what, "of which the schema is (default scenario)");
  options.note(
      "With yaml-language-server, make this the first line of a scenario: "
      "# yaml-language-server: $schema=./scenario.schema.json");
  options.example("crashwright schema > scenario.schema.json");
  options.example("crashwright schema events > events.schema.json");
  if (const auto code = options.parse(arguments)) return *code;
  const std::string word = what.empty() ? "scenario" : what.front();
  if (word != "scenario" && word != "events") {
    return report_error({ErrorKind::kUsage, "no schema of \"" + word + "\"", "one of: scenario, events"});
  }
  fmt::print("{}", word == "events" ? events_schema() : scenario_schema());
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
