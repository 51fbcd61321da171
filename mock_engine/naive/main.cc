// naive_engine: an engine as tutorials write it, for `crashwright run --engine naive_engine` (docs/why.md).
#include <cstdio>
#include <cstdlib>
#include <string>

#include "mock_engine/command_line.h"
#include "mock_engine/naive/crash_handler.h"
#include "mock_engine/naive/export.h"
#include "mock_engine/naive/session.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"

namespace {

using namespace crashwright;
using namespace crashwright::mock_engine;

constexpr const char* kUsage = R"(naive_engine, a trading engine with the crash handling of the common tutorial

  naive_engine run ...                 the options of mock_engine run; --durability and --checkpoint-every do nothing
  naive_engine export --data DIR --postmortem DIR --wait-status N
                                       what a run left, in forms that crashwright's verifiers read
  naive_engine --list-fault-points | --list-own-formats | --help
)";

int fail_with(const Error& error) {
  std::fprintf(stderr, "naive_engine: %s\n", error.message.c_str());
  return static_cast<int>(error.kind == ErrorKind::kEnvironment ? ExitCode::kEnvironment : ExitCode::kUsage);
}

std::string value_of(int argc, char** argv, const std::string& option) {
  for (int i = 2; i + 1 < argc; ++i) {
    if (argv[i] == option) return argv[i + 1];
  }
  return {};
}

int run_export(int argc, char** argv) {
  const std::string data = value_of(argc, argv, "--data");
  const std::string postmortem_folder = value_of(argc, argv, "--postmortem");
  if (data.empty() || postmortem_folder.empty()) {
    return fail_with({ErrorKind::kUsage, "export needs --data and --postmortem", ""});
  }
  const int wait_status = std::atoi(value_of(argc, argv, "--wait-status").c_str());
  const auto exported = naive::export_artefacts(data, postmortem_folder, wait_status);
  return exported ? 0 : fail_with(exported.error());
}

int run(const EngineOptions& options) {
  if (auto attached = postmortem::attach_control_block(); !attached) return fail_with(attached.error());
  postmortem::register_thread("main");
  naive::install_crash_handler(options.postmortem_folder + "/crash.txt");
  return static_cast<int>(naive::run_session(options));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "--help";
  if (command == "export") return run_export(argc, argv);
  if (command == "--list-own-formats") {
    std::puts("audit\nlog\nrca");
    return 0;
  }
  const auto line = parse_command_line(argc, argv);
  if (!line) return fail_with(line.error());
  if (line->command == Command::kRun) return run(line->engine);
  if (line->command == Command::kListFaultPoints) {
    postmortem::print_fault_points();
    return 0;
  }
  std::fputs(kUsage, stdout);
  return line->command == Command::kHelp ? 0 : static_cast<int>(ExitCode::kUsage);
}
