#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "verifiers/verifier.h"

namespace crashwright::harness::cli {

int verifiers_command(const std::vector<std::string>& arguments) {
  Options options("verifiers", "The promises that every case is judged by, each with its witness.");
  options.example("crashwright verifiers");
  if (const auto code = options.parse(arguments)) return *code;
  for (const verifiers::Verifier& verifier : verifiers::all_verifiers()) {
    fmt::print("{:<16} {}\n{:<16} witness: {}\n", verifier.name, wrap(verifier.promise, 17), "",
               wrap(verifier.witness, 26));
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
