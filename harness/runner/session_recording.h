// Runs a session of the mock engine on a recorded power-loss file system, through the deaths that its plan brings,
// until it finishes or refuses to go on.
//
//   work/record     storage_record_format.md, with the places of callers
//   work/exchange   drop copy and books of the exchange, which has ended
//   work/engine     what the engine's processes wrote beside their data
// Threads: the thread that calls (its children die with it). Errors: kEnvironment without FUSE, kUsage when the engine
// cannot be started or its time is over, kInternal when the record is not what the folder holds.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/runner/process.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

struct SessionRun {
  const Plan* plan = nullptr;
  std::string engine;                    // program of the plan's build
  std::string exchange;                  // program
  std::string work;                      // existing empty folder
  std::vector<std::string> environment;  // entries of every process
  std::chrono::milliseconds patience{60'000};
  // Told of each process that was started, before anything else is done with it.
  std::function<Status(const Child& child, const char* name)> on_start = [](const Child&, const char*) {
    return Status();
  };
};

struct SessionRecording {
  std::string record_folder;
  std::string exchange_folder;
  uint32_t incarnations = 0;
  bool refused = false;              // the engine found damage in what it had left itself
  std::vector<std::string> unfired;  // faults of the plan that never happened, in words
};

[[nodiscard]] Result<SessionRecording> record_session(const SessionRun& run);

}  // namespace crashwright::harness
