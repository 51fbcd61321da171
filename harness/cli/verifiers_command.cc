#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/scenario/suggest.h"
#include "verifiers/verifier.h"

namespace crashwright::harness::cli {
namespace {

using verifiers::Verifier;

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Verifier& verifier : verifiers::all_verifiers()) names.emplace_back(verifier.name);
  return names;
}

// Those that are named, in the order of the table; all when none is.
Result<std::vector<const Verifier*>> chosen(const std::vector<std::string>& names) {
  const std::vector<std::string> known = all_names();
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return fail(ErrorKind::kUsage, "no promise \"" + name + "\"", suggestion(name, known));
  }
  std::vector<const Verifier*> found;
  for (const Verifier& verifier : verifiers::all_verifiers()) {
    if (names.empty() || std::find(names.begin(), names.end(), verifier.name) != names.end())
      found.push_back(&verifier);
  }
  return found;
}

}  // namespace

int verifiers_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> names;
  std::string format = "human";
  Options options("verifiers", "The promises that every case is judged by, each with its witness.");
  options.arguments("[PROMISE]...", names, "only these (default all)", all_names());
  options.word("--format", "FORMAT", format, {"human", "json"}, "human or json");
  options.example("crashwright verifiers");
  options.example("crashwright verifiers audit_replay");
  if (const auto code = options.parse(arguments)) return *code;
  const auto verifiers = chosen(names);
  if (!verifiers) return report_error(verifiers.error());
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Verifier* const verifier : *verifiers) {
    const std::string judged_in = verifiers::judged_in_words(*verifier);
    all.push_back({{"name", verifier->name},
                   {"promise", verifier->promise},
                   {"witness", verifier->witness},
                   {"judged_in", judged_in}});
    if (format == "json") continue;
    fmt::print("{:<16} {}\n{:<16} witness: {}\n", verifier->name, wrap(verifier->promise, 17), "",
               wrap(verifier->witness, 26));
    fmt::print("{:<16} judged in cases of {}\n", "", wrap(judged_in, 36));
  }
  if (format == "json") fmt::print("{}\n", all.dump(2));
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
