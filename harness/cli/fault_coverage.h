// `crashwright faults --coverage RUN`: which fault points a recorded run reached.
//
// Threads: the main thread. Errors: printed here, as an exit code.
#pragma once

#include <string>

#include "harness/cli/exit_code.h"

namespace crashwright::harness::cli {

// `folder`: of a run. kExitUsage when it is none, kExitNothing when no case of it recorded passages.
[[nodiscard]] int show_fault_coverage(const std::string& folder, bool json);

}  // namespace crashwright::harness::cli
