#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/scenario/schema.h"

namespace crashwright::harness::cli {

int schema_command(const std::vector<std::string>& arguments) {
  Options options(
      "schema",
      "Prints the JSON Schema (draft-07) of the scenario language, for editors that complete and check YAML "
      "with it.");
  options.note(
      "With yaml-language-server, make this the first line of a scenario: "
      "# yaml-language-server: $schema=./scenario.schema.json");
  options.example("crashwright schema > scenario.schema.json");
  if (const auto code = options.parse(arguments)) return *code;
  fmt::print("{}", scenario_schema());
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
