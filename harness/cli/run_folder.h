// One run from plans to reports: its folder, its events, its summary. Shared by `run` and `prove`.
//
// Threads: the main thread. Errors: kEnvironment when the folder cannot be made or nothing can be run.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/report/event_log.h"
#include "harness/runner/run.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness::cli {

struct RunRequest {
  std::string out = "crashwright-out";
  std::string prefix;  // of the folder's name: "prove-"
  bool latest = true;  // `latest` points at it from now on
  uint64_t seed = 1;
  unsigned jobs = 2;
  bool keep_all = false;
  bool skips_allowed = false;
  std::string engine;  // the --engine given
  std::vector<std::string> argv;
  std::string junit;           // a second place for the JUnit report; empty: none
  std::string note;            // told first; empty: none
  bool tells_github = true;    // RunOutputs::tells_github
  bool tells_failures = true;  // again at the end; not where cases are meant to fail
  RunShard shard;
  RunLimits limits;
  std::function<std::vector<Plan>(uint64_t round)> further_round;
  std::FILE* progress = nullptr;
};

struct RunOutcome {
  std::string folder;  // absolute
  RunRecord record;
  int exit_code = 0;
};

// <out>/<prefix><time>-<seed>, new, with <out>/latest pointing at it.
[[nodiscard]] Result<std::string> make_run_folder(const RunRequest& request);

// Absolute path of the running program.
[[nodiscard]] std::string own_path();

// Cleans up after dead runs, carries the plans out, writes events and reports. A failure to write a report is printed
// and changes no verdict.
[[nodiscard]] Result<RunOutcome> carry_out(const std::vector<Plan>& plans, const Programs& programs,
                                           const RunRequest& request);

}  // namespace crashwright::harness::cli
