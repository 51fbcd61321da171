// The bytes of a scenario file, looked at before they are read: devices, pipes and huge files are refused unread.
//
// Threads: any. Errors: a code of diagnostic.h with its message.
#pragma once

#include <filesystem>
#include <string>

#include "harness/scenario/value.h"

namespace crashwright::harness {

// By its name: *.yaml, *.yml.
[[nodiscard]] bool is_yaml(const std::filesystem::path& file);

[[nodiscard]] ValueResult<std::string> read_scenario_file(const std::string& path);

}  // namespace crashwright::harness
