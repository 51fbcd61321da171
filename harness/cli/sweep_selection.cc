#include "harness/cli/sweep_selection.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

#include "harness/cli/exit_code.h"
#include "harness/runner/census.h"
#include "harness/runner/files.h"
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

}  // namespace

Selected select_sweep(const Selection& selection, const Programs& programs, const RunRequest& request) {
  if (!selection.paths.empty()) {
    return {{}, report_error({ErrorKind::kUsage, "--sweep makes its own scenarios and takes no files", ""})};
  }
  const CensusFolder folder(request.out);
  if (!folder.good()) {
    return {{}, report_error({ErrorKind::kEnvironment, request.out + ": cannot be written", "choose another --out"})};
  }
  RunOptions options;
  options.folder = folder.path();
  options.jobs = request.jobs;
  options.programs = programs;
  options.crashwright = own_path();
  options.engine = request.engine;
  const auto census = take_census(options, request.seed);
  if (!census) return {{}, report_error(census.error())};
  return filter_scenarios(sweep_scenarios(*census), selection);
}

}  // namespace crashwright::harness::cli
