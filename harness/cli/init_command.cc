#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/selection.h"
#include "harness/cli/terminal_text.h"
#include "harness/scenario/schema.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScenarioFile = "my_first.yaml";
constexpr const char* kSchemaFile = "scenario.schema.json";

constexpr const char* kScenario =
    "# yaml-language-server: $schema=./scenario.schema.json\n"
    "# Every promise is checked unless `expect: {skip: [...]}` says otherwise.\n"
    "name: my first crash\n"
    "why: a null pointer on the way of an order to the exchange\n"
    "tags: [mine]\n"
    "faults:\n"
    "  # what goes wrong (crashwright faults), where (mock_engine --list-fault-points), and at which passage\n"
    "  - null_dereference: {at: gateway.send_order, hit: 100}\n"
    "expect:\n"
    "  rca: {cause: NULL_DEREF, function: OrderGateway::send}\n";

Status write_new(const std::string& path, const std::string& text) {
  std::error_code trouble;
  if (fs::exists(path, trouble)) {
    return fail(ErrorKind::kUsage, path + " is there already", "name another folder, or remove it first");
  }
  return write_file(path, text);
}

Status scaffold(const std::string& folder) {
  std::error_code trouble;
  fs::create_directories(folder, trouble);
  if (trouble) return fail(ErrorKind::kUsage, fmt::format("cannot make {}: {}", folder, trouble.message()));
  if (auto written = write_new(folder + "/" + kScenarioFile, kScenario); !written) return written;
  return write_file_atomic(folder + "/" + kSchemaFile, scenario_schema());
}

// This program as the person who called it can call it again: by name when PATH leads to it, else by its path.
std::string own_name() {
  std::error_code trouble;
  const fs::path self = fs::read_symlink("/proc/self/exe", trouble);
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / self.filename();
    if (fs::exists(candidate, trouble)) return fs::equivalent(candidate, self, trouble) ? self.filename() : self;
  }
  return shown_path(self.string());
}

}  // namespace

int init_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders;
  Options options("init", "Writes a first scenario of your own, and the schema that lets an editor help with it.");
  options.arguments("[FOLDER]", folders, "where to (default my_scenarios); made when it is missing");
  options.note("Nothing that exists is overwritten, except the schema.");
  options.example("crashwright init");
  options.example("crashwright init crashes && crashwright run crashes");
  if (const auto code = options.parse(arguments)) return *code;
  if (folders.size() > 1) return report_error({ErrorKind::kUsage, "init takes one folder", ""});
  const std::string folder = folders.empty() ? kFirstFolder : folders.front();
  if (const auto done = scaffold(folder); !done) return report_error(done.error());
  fmt::print("{0}/{1}  the scenario\n{0}/{2}  for your editor\n\nrun it:  {3} run {0}\n", folder, kScenarioFile,
             kSchemaFile, own_name());
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
