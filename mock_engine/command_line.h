// The engine's command line. Plain getopt_long: an engine drags in nothing but the kit.
//
// Threads: main, before any other. Errors: kUsage with what is wrong; usage() says what is right. Signal context: no.
#pragma once

#include <string>

#include "base/result.h"
#include "mock_engine/engine_options.h"

namespace crashwright::mock_engine {

enum class Command { kRun, kGenerateFeed, kListFaultPoints, kListPlantedBugs, kHelp };

struct CommandLine {
  Command command = Command::kHelp;
  EngineOptions engine;  // of kRun; its feed also of kGenerateFeed
  std::string out;       // of kGenerateFeed
};

[[nodiscard]] Result<CommandLine> parse_command_line(int argc, char** argv);
[[nodiscard]] const char* usage() noexcept;

}  // namespace crashwright::mock_engine
