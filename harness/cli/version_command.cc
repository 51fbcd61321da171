#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/version.h"

namespace crashwright::harness::cli {

int version_command(const std::vector<std::string>& arguments) {
  Options options("version", "Prints the version.");
  if (const auto code = options.parse(arguments)) return *code;
  fmt::print("{}\n", kVersion);
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
