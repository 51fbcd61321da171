// The commands below `crashwright storage`.
//
// Threads: the main thread. Errors: exit codes of exit_code.h.
#pragma once

#include <string>
#include <vector>

namespace crashwright::harness::cli {

int storage_explore_command(const std::vector<std::string>& arguments);
int storage_lint_command(const std::vector<std::string>& arguments);
int storage_mount_command(const std::vector<std::string>& arguments);

}  // namespace crashwright::harness::cli
