// What `storage explore` and `storage lint` share: the options that say which program is run where, the profiles, and
// the recorded run.
//
// Threads: the main thread. Errors: kUsage for wrong options, otherwise as record_program() and gain_storage_layer().
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "harness/cli/options.h"
#include "harness/runner/program_search.h"
#include "harness/storage/explore/program_run.h"
#include "harness/storage/explore/storage_profile.h"

namespace crashwright::harness::cli {

struct RecordingArguments {
  std::vector<std::string> profiles;  // as given: "E,S", "mine.yaml"
  static constexpr uint64_t kOfProfile = UINT64_MAX;
  uint64_t tear_unit = kOfProfile;
  std::string dir;
  std::string deadline = "60s";
  std::vector<std::string> faults;   // in the words of storage_fault_rule.h
  std::vector<std::string> command;  // what follows "--"
};

void declare_recording(Options& options, RecordingArguments& recording);
// Takes the command behind "--" out of the arguments; empty: go on, otherwise the exit code.
[[nodiscard]] std::optional<int> parse_recording(Options& options, const std::vector<std::string>& arguments,
                                                 RecordingArguments& recording);

[[nodiscard]] Result<std::vector<StorageProfile>> load_profiles(const RecordingArguments& recording);
// "30s"; zero for an empty text.
[[nodiscard]] Result<std::chrono::milliseconds> parse_time(const char* option, const std::string& text);
// The programs of the command line: relative to the current folder.
[[nodiscard]] ProgramPlaces command_line_places();

// Says what became of the program and of its faults, if there is anything to say.
void print_recorded(const RecordedRun& run);

// Asks the storage canary first. `work`: an existing empty folder.
[[nodiscard]] Result<RecordedRun> record_run(const RecordingArguments& recording, const std::string& work);

}  // namespace crashwright::harness::cli
