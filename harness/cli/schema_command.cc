#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/report/report.h"
#include "harness/scenario/reference.h"
#include "harness/scenario/schema.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {

int schema_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> what;
  std::string format = "json";
  Options options(
      "schema",
      "Prints the JSON Schema (draft-07) of the scenario language, for editors that complete and check YAML "
      "with it; or that of a line of events.jsonl.");
  options.arguments("[scenario|events]", what, "of which the schema is (default scenario)", {"scenario", "events"});
  options.word("--format", "FORMAT", format, {"json", "markdown"},
               "json: the schema (default); markdown: the reference page of the scenario language, for people");
  options.note("With yaml-language-server, make this the first line of a scenario:",
               "# yaml-language-server: $schema=./scenario.schema.json");
  options.example("crashwright schema > scenario.schema.json");
  options.example("crashwright schema events > events.schema.json");
  options.example("crashwright schema --format markdown > scenario_reference.md");
  if (const auto code = options.parse(arguments)) return *code;
  const std::string word = what.empty() ? "scenario" : what.front();
  if (word != "scenario" && word != "events") {
    return report_error({ErrorKind::kUsage, "no schema of \"" + word + "\"", suggestion(word, {"scenario", "events"})});
  }
  if (format == "markdown" && word == "events") {
    return report_error({ErrorKind::kUsage, "the page of events.jsonl is no table of this program",
                         "see harness/report/events_format.md"});
  }
  if (format == "markdown") {
    fmt::print("{}", scenario_reference());
  } else {
    fmt::print("{}", word == "events" ? events_schema() : scenario_schema());
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
