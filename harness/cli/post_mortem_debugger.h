// Opens gdb where the autopsy points: core, program, thread and frame, with printers for the project's own types.
//
// Threads: one. Errors: kUsage without a core, kEnvironment without gdb.
#pragma once

#include <string>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::harness::cli {

// The command line of gdb; `printers` is the file with the pretty-printers.
[[nodiscard]] std::vector<std::string> debugger_command(const rca::AutopsyReport& report, const std::string& printers);

// Runs it on this terminal until the user leaves; gives the exit code of the command.
[[nodiscard]] int open_debugger(const rca::AutopsyReport& report, const std::vector<std::string>& paths);

}  // namespace crashwright::harness::cli
