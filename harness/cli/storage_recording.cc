#include "harness/cli/storage_recording.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sstream>

#include "harness/scenario/value.h"
#include "harness/storage/fault_words.h"
#include "harness/storage/storage_access.h"

namespace crashwright::harness::cli {
namespace {

constexpr uint64_t kTearUnitMax = 1 << 20;

}  // namespace

void declare_recording(Options& options, RecordingArguments& recording) {
  options.texts("--profile", "P", recording.profiles, "K, E, S, several as E,S, or a YAML file (default E)");
  options.text("--dir", "DIR", recording.dir, "the folder begins as a copy of this one (default empty)");
  options.text("--timeout", "TIME", recording.deadline,
               "the program is killed then and its record counts (default 60s)");
  options.texts("--fault", "'RULE'", recording.faults,
                "what goes wrong meanwhile, and when (docs/storage.md): 'eio_fsync path=*.wal nth=3'");
  options.number("--tear-unit", "BYTES", recording.tear_unit, "what a disk writes as a whole (default 512)");
  options.note(
      "The program is run in the mounted folder. It acknowledges by lines \"ack TOKEN\" on its standard output, "
      "flushed, or on the descriptor in CRASHWRIGHT_ACK_FD.");
}

std::optional<int> parse_recording(Options& options, const std::vector<std::string>& arguments,
                                   RecordingArguments& recording) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  if (const auto code = options.parse({arguments.begin(), end})) return code;
  if (end != arguments.end()) recording.command.assign(end + 1, arguments.end());
  return std::nullopt;
}

Result<std::vector<StorageProfile>> load_profiles(const RecordingArguments& recording) {
  const uint64_t unit = recording.tear_unit;
  const bool given = unit != RecordingArguments::kOfProfile;
  if (given && (unit == 0 || unit > kTearUnitMax || (unit & (unit - 1)) != 0)) {
    return fail(ErrorKind::kUsage, "--tear-unit wants a power of two up to 1048576, not " + std::to_string(unit),
                "512 or 4096 for disks; leave it out for that of the profile");
  }
  std::vector<StorageProfile> profiles;
  for (const std::string& entry : recording.profiles) {
    std::istringstream names(entry);
    for (std::string name; std::getline(names, name, ',');) {
      auto profile = load_storage_profile(name);
      if (!profile) return tl::unexpected(profile.error());
      const auto same = [&](const StorageProfile& one) { return one.name == profile->name; };
      if (std::any_of(profiles.begin(), profiles.end(), same)) {
        return fail(ErrorKind::kUsage, "--profile names \"" + profile->name + "\" twice");
      }
      if (given) profile->tear_unit_bytes = static_cast<uint32_t>(recording.tear_unit);
      profiles.push_back(std::move(*profile));
    }
  }
  if (profiles.empty()) profiles.push_back(StorageProfile());
  return profiles;
}

Result<std::chrono::milliseconds> parse_time(const char* option, const std::string& text) {
  if (text.empty()) return std::chrono::milliseconds(0);
  const auto ns = parse_duration_ns(text);
  if (!ns) return fail(ErrorKind::kUsage, fmt::format("{}: {}", option, ns.error().message));
  return std::chrono::milliseconds(*ns / 1'000'000);
}

ProgramPlaces command_line_places() { return {{std::filesystem::current_path().string()}, false}; }

void print_recorded(const RecordedRun& run) {
  if (!run.note.empty()) fmt::print("note: {}\n", run.note);
  std::istringstream lines(run.faults);
  for (std::string line; std::getline(lines, line);) fmt::print("fault: {}\n", fault_report_in_words(line));
}

Result<RecordedRun> record_run(const RecordingArguments& recording, const std::string& work) {
  if (recording.command.empty()) {
    return fail(ErrorKind::kUsage, "no program to run",
                "give it behind --: crashwright storage explore ... -- COMMAND");
  }
  for (const std::string& fault : recording.faults) {
    if (auto checked = check_storage_fault(fault); !checked) return tl::unexpected(checked.error());
  }
  const auto deadline = parse_time("--timeout", recording.deadline);
  if (!deadline) return tl::unexpected(deadline.error());
  const std::string canary = work + "/canary";
  if (::mkdir(canary.c_str(), 0755) != 0) return fail_errno(errno, "make folder " + canary);
  if (auto gained = gain_storage_layer(canary); !gained) return tl::unexpected(gained.error());
  ProgramRun run;
  run.argv = bind_program_words(recording.command, command_line_places());
  run.copy_of = recording.dir;
  run.work = work;
  run.patience = *deadline;
  run.faults = recording.faults;
  return record_program(run);
}

}  // namespace crashwright::harness::cli
