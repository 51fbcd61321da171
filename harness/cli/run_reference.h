// What people call a run on the command line: its folder, the folder of all runs (then its latest), or its
// events.jsonl.
//
// Threads: free functions. Errors: kUsage when there is no run, with what was expected there.
#pragma once

#include <string>

#include "base/result.h"
#include "harness/report/event_log.h"

namespace crashwright::harness::cli {

inline constexpr const char* kLatestRun = "crashwright-out/latest";

struct RunReference {
  std::string folder;  // of the run, absolute
  RunRecord record;
};

[[nodiscard]] Result<RunReference> open_run(const std::string& given);

}  // namespace crashwright::harness::cli
