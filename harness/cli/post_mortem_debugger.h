// Opens gdb where the autopsy points: core, program, thread and frame, with printers for the project's own types.
//
// Threads: one. Errors: kUsage without a core, kEnvironment without gdb.
#pragma once

#include <string>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::harness::cli {

// What gdb reads first: the pretty-printers, and how the frame is found.
[[nodiscard]] const char* debugger_script();

// The command line of gdb; `script` is the file with `debugger_script`.
[[nodiscard]] std::vector<std::string> debugger_command(const rca::AutopsyReport& report, const std::string& script);

// Runs it on this terminal until the user leaves; gives the exit code of the command.
[[nodiscard]] int open_debugger(const rca::AutopsyReport& report, const std::vector<std::string>& paths);

}  // namespace crashwright::harness::cli
