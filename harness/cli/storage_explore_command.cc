#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/shell_word.h"
#include "base/unique_fd.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/exploration_report.h"
#include "harness/cli/run_folder.h"
#include "harness/cli/storage_commands.h"
#include "harness/cli/storage_recording.h"
#include "harness/cli/storage_work.h"
#include "harness/cli/terminal_text.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/program_search.h"
#include "harness/storage/explore/campaign.h"
#include "harness/storage/explore/checker.h"
#include "harness/storage/explore/exploration_json.h"
#include "harness/storage/explore/finding_scripts.h"
#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/storage_access.h"

namespace crashwright::harness::cli {
namespace {

constexpr uint64_t kJobsMax = 64;

struct ExploreArguments {
  RecordingArguments recording;
  uint64_t states = 2'000;
  uint64_t seed = 1;
  uint64_t jobs = 2;
  std::string check;
  std::string json_path;
  std::string keep;
  std::string time_max;
  std::string check_deadline = "30s";
};

void declare(Options& options, ExploreArguments& explore) {
  declare_recording(options, explore.recording);
  options.number("--states", "N", explore.states, "distinct states to judge, per profile (default 2000)");
  options.text("--check", "'CHECKER ARGS'", explore.check, "judges an image: exit 0 consistent, 1 violated; required");
  options.number("--seed", "N", explore.seed, "of the states that are drawn (default 1)");
  options.text("--json", "FILE", explore.json_path,
               "writes verdict, states and findings; - is standard output, all else goes to standard error then");
  options.number("--jobs", "N", explore.jobs, "states judged at a time (default 2)");
  options.text("--for", "TIME", explore.time_max, "stops judging then, per profile, as in 30s (default no limit)");
  options.text("--check-deadline", "TIME", explore.check_deadline, "a checker that takes longer errs (default 30s)");
  options.text("--keep", "DIR", explore.keep,
               "images and operations of findings (default crashwright-out/storage-TIME-SEED)");
  options.note(
      "The checker is run in the image; CRASHWRIGHT_ACKED names a file with the tokens acknowledged before the "
      "power loss, one a line. Exit 0: consistent, nothing acknowledged is missing. 1: violated. Anything else: "
      "it could not judge. The end of the run, where nothing is lost, must be consistent: otherwise no state is "
      "judged.");
  options.note(
      "Exit codes: 0 clean, 1 violated, 2 wrong use or a program that fails or changes nothing, 3 no state to judge "
      "or a fault that never fired, 5 the checker could not judge or calls even the untouched folder violated, "
      "10 environment, 70 the record is not what the folder holds, 130 interrupted.");
  options.tail("-- COMMAND [ARGS]");
  options.example("crashwright storage explore --check ./check.sh -- ./writer data.db");
  options.example("crashwright storage explore --profile E,S --check ./check.sh -- ./w");
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool open = false;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t') {
      if (open || !word.empty()) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
    }
  }
  if (open || !word.empty()) words.push_back(std::move(word));
  return words;
}

// Before anything is run: can this file be made, and the folders above it?
Status check_place(const char* option, const std::string& file) {
  std::error_code none;
  if (std::filesystem::is_directory(file, none)) {
    return fail(ErrorKind::kUsage, std::string(option) + ": " + file + " is a folder", "name a file in it");
  }
  std::filesystem::path folder = std::filesystem::absolute(file, none).parent_path();
  while (folder.has_relative_path() && !std::filesystem::exists(folder, none)) folder = folder.parent_path();
  const bool usable = std::filesystem::is_directory(folder, none) && ::access(folder.c_str(), W_OK | X_OK) == 0;
  if (usable) return {};
  return fail(ErrorKind::kEnvironment, "nothing can be written in " + folder.string(),
              std::string(option) + " names a place elsewhere");
}

Status check_arguments(const ExploreArguments& explore) {
  const std::vector<std::string> checker = split_words(explore.check);
  if (checker.empty()) {
    return fail(ErrorKind::kUsage, "no checker", "--check 'CHECKER ARGS': without one no state can be judged");
  }
  if (!program_exists(checker.front(), command_line_places())) {
    return fail(ErrorKind::kUsage, "no program \"" + checker.front() + "\" that could judge",
                "--check wants one that can be executed: a path from here, as ./check.sh, or one in PATH");
  }
  if (explore.states == 0) {
    return fail(ErrorKind::kUsage, "--states 0 judges nothing", "leave it out for 2000, or give how many to judge");
  }
  if (explore.jobs == 0 || explore.jobs > kJobsMax) {
    return fail(ErrorKind::kUsage, fmt::format("--jobs wants 1 to {}, not {}", kJobsMax, explore.jobs),
                "leave it out for 2, or give how many processors are to judge");
  }
  if (!explore.keep.empty()) {
    if (auto room = check_place("--keep", explore.keep + "/x"); !room) return room;
  }
  return explore.json_path.empty() || explore.json_path == "-" ? Status() : check_place("--json", explore.json_path);
}

// One line on a terminal that says how far it is: "profile E: 120 of 2000 states judged, 3 violated".
class ProgressLine {
 public:
  explicit ProgressLine(uint64_t states_max) : states_max_(states_max) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show_in(CampaignOptions& options) {
    if (::isatty(STDERR_FILENO) == 0) return;
    options.explore.progress = [this](const std::string& profile, uint64_t judged, uint64_t violated) {
      const uint64_t now = monotonic_ns();
      uint64_t last = shown_ns_;
      if (now - last < kEveryNs || !shown_ns_.compare_exchange_strong(last, now)) return;
      show(fmt::format("profile {}: {} of {} states judged, {} violated", profile, judged, states_max_, violated));
    };
    options.phase = [this](const std::string& what) { show(what); };
  }
  void clear() {
    if (drawn_.exchange(false)) fmt::print(stderr, "\r\033[K");
  }

 private:
  static constexpr uint64_t kEveryNs = 200'000'000;

  void show(const std::string& text) {
    drawn_ = true;
    fmt::print(stderr, "\r\033[K{} ", text);
  }

  uint64_t states_max_;
  std::atomic<uint64_t> shown_ns_ = 0;
  std::atomic<bool> drawn_ = false;
};

std::string repro_script(const std::vector<std::string>& arguments) {
  std::error_code none;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", none).string();
  std::string text = "#!/bin/sh\n# Repeats the exploration that found this.\ncd " +
                     shell_word(std::filesystem::current_path().string()) + " && exec " +
                     shell_word(self.empty() ? "crashwright" : self) + " storage explore";
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      for (; i < arguments.size(); ++i) text += " " + shell_word(arguments[i]);
    } else if (arguments[i] == "--keep") {
      ++i;  // what lies there now is not to be overwritten
    } else if (!arguments[i].starts_with("--keep=")) {
      text += " " + shell_word(arguments[i]);
    }
  }
  return text + "\n";
}

int exit_code_of(const CampaignResult& result) {
  if (interrupted()) return kExitInterrupted;
  if (result.untouched) return kExitJudgeFailed;
  if (result.violated > 0) return kExitBroken;
  if (result.checker_errors > 0) return kExitJudgeFailed;
  return result.states == 0 ? kExitInconclusive : kExitPassed;
}

Result<CampaignOptions> campaign_options(const ExploreArguments& explore) {
  CampaignOptions options;
  auto profiles = load_profiles(explore.recording);
  if (!profiles) return tl::unexpected(profiles.error());
  options.profiles = std::move(*profiles);
  const auto time_max = parse_time("--for", explore.time_max);
  if (!time_max) return tl::unexpected(time_max.error());
  options.explore.time_max = *time_max;
  options.explore.seed = explore.seed;
  options.explore.states_max = explore.states;
  options.explore.jobs = static_cast<unsigned>(explore.jobs);
  options.evidence_folder = explore.keep;
  return options;
}

// The folder of the findings where none was named, called as that of a run is. It goes again where nothing is kept.
class KeptFolder {
 public:
  static Result<KeptFolder> make(uint64_t seed) {
    RunRequest request;
    request.prefix = "storage-";
    request.latest = false;
    request.seed = seed;
    auto folder = make_run_folder(request);
    if (!folder) return tl::unexpected(folder.error());
    KeptFolder kept;
    kept.path_ = std::move(*folder);
    return kept;
  }
  KeptFolder() = default;
  KeptFolder(KeptFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  KeptFolder& operator=(KeptFolder&&) = delete;
  ~KeptFolder() {
    if (path_.empty() || ::rmdir(path_.c_str()) != 0) return;
    ::rmdir(std::filesystem::path(path_).parent_path().c_str());  // of all runs: not if there is another
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Keeps standard output for the JSON alone: while this lives, what people read goes to standard error.
class JsonOutput {
 public:
  explicit JsonOutput(bool wanted) {
    if (!wanted) return;
    std::fflush(stdout);
    output_ = UniqueFd(::dup(STDOUT_FILENO));
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  ~JsonOutput() {
    if (!output_) return;
    std::fflush(stdout);
    ::dup2(output_.get(), STDOUT_FILENO);
  }
  JsonOutput(const JsonOutput&) = delete;
  JsonOutput& operator=(const JsonOutput&) = delete;

  [[nodiscard]] Status write(const std::string& path, const std::string& json) const {
    return output_ ? write_all(output_.get(), std::as_bytes(std::span(json))) : write_file(path, json);
  }

 private:
  UniqueFd output_;
};

Result<int> run_exploration(const ExploreArguments& explore, const std::vector<std::string>& arguments) {
  const JsonOutput output(explore.json_path == "-");
  const auto check_deadline = parse_time("--check-deadline", explore.check_deadline);
  if (!check_deadline) return tl::unexpected(check_deadline.error());
  const auto noted = StorageWork::begin();
  if (!noted) return tl::unexpected(noted.error());
  auto work = ScratchFolder::create(ScratchFolder::Place::kDisk, (*noted)->ledger());
  if (!work) return tl::unexpected(work.error());
  auto options = campaign_options(explore);
  if (!options) return tl::unexpected(options.error());
  const auto run = record_run(explore.recording, work->path());
  if (!run) return tl::unexpected(run.error());
  if (interrupted()) return static_cast<int>(kExitInterrupted);
  print_recorded(*run);
  const Recording recording = make_recording(run->record->first(run->operations));
  if (recording.size() == recording.initial) {
    return fail(ErrorKind::kUsage, "the program changed nothing in its folder: there is nothing to lose",
                "it is run in the mounted folder and must write there");
  }
  const auto images = ScratchFolder::create(ScratchFolder::Place::kMemory, (*noted)->ledger(),
                                            recording.image_bytes * options->explore.jobs);
  if (!images) return tl::unexpected(images.error());
  options->explore.scratch = images->path();
  const auto places = CallPlaces::read(work->path() + "/record");
  if (!places) return tl::unexpected(places.error());
  options->places = places->get();
  options->ended_well = run->ended_well();
  if (!run->seen_at.empty()) {
    if (auto gained = gain_private_mounts(); !gained) return tl::unexpected(gained.error());
  }
  CheckerOptions checker{bind_program_words(split_words(explore.check), command_line_places()), *check_deadline,
                         run->seen_at};
  ProgressLine progress(explore.states);
  progress.show_in(*options);
  auto result = run_campaign(recording, checker_judges(checker, recording.tokens), *options);
  if (!result) return tl::unexpected(result.error());
  result->interrupted = interrupted();
  progress.clear();
  print_exploration(*result, recording);
  if (!explore.json_path.empty()) {
    auto put = output.write(explore.json_path, exploration_json(*result, recording, explore.seed));
    if (!put) return tl::unexpected(put.error());
  }
  for (const StorageFinding& finding : result->findings) {
    auto kept = keep_scripts(finding, repro_script(arguments), checker.argv);
    if (!kept) return tl::unexpected(kept.error());
  }
  if (!run->all_fired && result->violated == 0) {
    fmt::print("a fault never fired: nothing is proved about it\n");
    return static_cast<int>(kExitInconclusive);
  }
  return exit_code_of(*result);
}

}  // namespace

int storage_explore_command(const std::vector<std::string>& arguments) {
  ExploreArguments explore;
  Options options("storage explore",
                  "Runs a program on the power-loss file system, then judges what a power loss at any moment may "
                  "leave of its files.");
  declare(options, explore);
  if (const auto code = parse_recording(options, arguments, explore.recording)) return *code;
  if (const auto valid = check_arguments(explore); !valid) return report_error(valid.error());
  const auto own = explore.keep.empty() ? KeptFolder::make(explore.seed) : Result<KeptFolder>(KeptFolder());
  if (!own) return report_error(own.error());
  if (explore.keep.empty()) explore.keep = shown_path(own->path());
  const InterruptSignals signals;
  const auto code = run_exploration(explore, arguments);
  return code ? *code : report_error(code.error());
}

}  // namespace crashwright::harness::cli
