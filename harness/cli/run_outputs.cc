#include "harness/cli/run_outputs.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <span>
#include <string_view>

#include "base/file.h"
#include "base/unique_fd.h"
#include "harness/report/github.h"
#include "harness/report/report.h"

namespace crashwright::harness::cli {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The steps of a job share one file; each adds to it.
Status append(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file) return fail_errno(errno, path);
  return write_all(file.get(), std::as_bytes(std::span(text)));
}

Status tell_github(const RunOutputs& outputs) {
  if (!outputs.tells_github) return {};
  const std::string summary = variable("GITHUB_STEP_SUMMARY");
  const bool annotates = variable("GITHUB_ACTIONS") == "true" && outputs.console != nullptr;
  if (summary.empty() && !annotates) return {};
  const auto run = read_events(outputs.folder + "/events.jsonl");
  if (!run) return tl::unexpected(run.error());
  if (annotates) fmt::print(outputs.console, "{}", github_annotations(*run, variable("GITHUB_WORKSPACE")));
  return summary.empty() ? Status() : append(summary, run_markdown(*run));
}

Status copy_junit(const RunOutputs& outputs) {
  if (outputs.junit.empty()) return {};
  const auto junit = read_file(outputs.folder + "/junit.xml");
  if (!junit) return tl::unexpected(junit.error());
  return write_named_output(outputs.junit, *junit);
}

}  // namespace

Status write_outputs(const RunOutputs& outputs) {
  Status first = write_reports(outputs.folder);
  for (const Status& status : {copy_junit(outputs), tell_github(outputs)}) {
    if (first) first = status;
  }
  return first;
}

}  // namespace crashwright::harness::cli
