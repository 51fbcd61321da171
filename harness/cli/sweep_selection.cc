#include "harness/cli/sweep_selection.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "harness/cli/exit_code.h"
#include "harness/runner/census.h"
#include "harness/runner/files.h"
#include "harness/scenario/engine_points.h"
#include "harness/scenario/loader.h"
#include "harness/scenario/sweep.h"

namespace crashwright::harness::cli {
namespace {

// The folder in which passages are counted, gone when this is.
class CensusFolder {
 public:
  explicit CensusFolder(const std::string& out) {
    std::error_code trouble;
    std::filesystem::create_directories(out, trouble);
    path_ = std::filesystem::absolute(out, trouble).string() + "/.census-XXXXXX";
    good_ = ::mkdtemp(path_.data()) != nullptr;
  }
  ~CensusFolder() {
    if (good_) static_cast<void>(remove_tree(path_));
  }
  CensusFolder(const CensusFolder&) = delete;
  CensusFolder& operator=(const CensusFolder&) = delete;

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool good_ = false;
};

RunOptions counting_options(const CensusFolder& folder, const Programs& programs, const RunRequest& request) {
  RunOptions options;
  options.folder = folder.path();
  options.jobs = request.jobs;
  options.programs = programs;
  options.crashwright = own_path();
  options.engine = request.engine;
  return options;
}

Selected unwritable(const RunRequest& request) {
  return {{}, report_error({ErrorKind::kEnvironment, request.out + ": cannot be written", "choose another --out"})};
}

// Passages are counted all the same; the cases that come of them will tell the same.
void tell_broken(const std::string& broken) {
  if (!broken.empty()) fmt::print(stderr, "note: the session in which passages are counted fails: {}\n", broken);
}

// Appends what one scenario with `sweep:` stands for; the exit code to end with, if any.
std::optional<int> unfold_one(const Scenario& scenario, const Programs& programs, const RunRequest& request,
                              std::vector<Scenario>& scenarios) {
  const CensusFolder folder(request.out);
  if (!folder.good()) return unwritable(request).exit_code;
  const auto counts = count_for_sweep(counting_options(folder, programs, request), scenario, request.seed);
  if (!counts) return report_error(counts.error());
  tell_broken(counts->broken);
  Loaded unfolded = unfold_sweep(scenario, counts->passages);
  if (!unfolded.diagnostics.empty()) {
    fmt::print(stderr, "{}", diagnostics_to_text(std::move(unfolded.diagnostics)));
    return kExitUsage;
  }
  if (unfolded.scenarios.empty()) {
    return report_error({ErrorKind::kUsage,
                         fmt::format("{}: no fault point that is passed in every run matches the sweep", scenario.path),
                         "`mock_engine --list-fault-points` lists the points"});
  }
  for (Scenario& one : unfolded.scenarios) scenarios.push_back(std::move(one));
  return std::nullopt;
}

// Without its point the engine cannot be swept: one case stands for all, and is SKIPPED.
bool is_set_aside(Scenario& scenario) {
  const auto need = std::find_if(scenario.needs.begin(), scenario.needs.end(), is_need_of_point);
  if (need == scenario.needs.end()) return false;
  scenario.sweep.reset();
  return true;
}

}  // namespace

Selected unfold_sweeps(std::vector<Scenario> scenarios, const Programs& programs, const RunRequest& request) {
  Selected unfolded;
  for (Scenario& scenario : scenarios) {
    if (!scenario.sweep || is_set_aside(scenario)) {
      unfolded.scenarios.push_back(std::move(scenario));
    } else if (const auto code = unfold_one(scenario, programs, request, unfolded.scenarios)) {
      return {{}, code};
    }
  }
  return unfolded;
}

Selected select_sweep(const Selection& selection, const Programs& programs, const RunRequest& request) {
  if (!selection.paths.empty()) {
    return {{}, report_error({ErrorKind::kUsage, "--sweep makes its own scenarios and takes no files", ""})};
  }
  const CensusFolder folder(request.out);
  if (!folder.good()) return unwritable(request);
  const auto census = take_census(counting_options(folder, programs, request), request.seed);
  if (!census) return {{}, report_error(census.error())};
  tell_broken(census->broken);
  fmt::print(stderr, "note: {}\n", sweep_leaves_out());
  return filter_scenarios(sweep_scenarios(*census), selection);
}

}  // namespace crashwright::harness::cli
