#include "harness/runner/own_formats.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "harness/runner/files.h"
#include "harness/runner/supervise.h"
#include "rca/cause.h"
#include "rca/evidence.h"

namespace crashwright::harness {
namespace {

constexpr std::chrono::seconds kPatience{10};

bool brings(const CaseContext& context, const std::string& format) {
  const auto& formats = context.run.options.programs.own_formats;
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

const rca::ProcessFacts* first_death(const CaseContext& context) {
  for (const rca::ProcessFacts& process : context.facts.processes) {
    if (process.role == "engine" && !process.finished) return &process;
  }
  return nullptr;
}

}  // namespace

Status export_own_formats(CaseContext& context, const rca::ProcessFacts& facts) {
  if (context.run.options.programs.own_formats.empty()) return {};
  const std::string folder = context.folder + "/" + facts.folder;
  ChildOptions options;
  options.argv = {context.run.options.programs.engine(context.plan.build),
                  "export",
                  "--data",
                  folder + "/data",
                  "--postmortem",
                  folder,
                  "--wait-status",
                  std::to_string(facts.wait_status)};
  options.working_folder = folder;
  options.stdout_path = folder + "/export.stdout.txt";
  options.stderr_path = folder + "/export.stderr.txt";
  options.environment = context.marks();
  auto child = Child::spawn(options);
  if (!child) return tl::unexpected(child.error());
  SupervisionOptions watch;
  watch.deadline = kPatience;
  const Supervised seen = supervise(**child, watch);
  if (seen.end.exited_with(0)) return {};
  return fail(ErrorKind::kInternal, "the engine's export ended with " + describe_wait_status(seen.end.wait_status) +
                                        ": " + read_file(options.stderr_path).value_or(""));
}

Status restore_own_files(const std::string& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> own;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".own") own.push_back(entry.path());
  }
  for (const std::filesystem::path& path : own) {
    std::filesystem::rename(path, std::filesystem::path(path).replace_extension(), error);
    if (error) return fail(ErrorKind::kIo, "rename " + path.string() + ": " + error.message());
  }
  return {};
}

Status judge_own_cause(const CaseContext& context, rca::AutopsyReport& report) {
  const rca::ProcessFacts* const death = first_death(context);
  if (!brings(context, "rca") || death == nullptr) return {};
  const std::string path = context.folder + "/" + death->folder + "/rca.txt";
  const auto answer = read_file(path);
  if (!answer) return tl::unexpected(answer.error());
  const std::string line = answer->substr(0, answer->find('\n'));
  const size_t tab = line.find('\t');
  report.cause = line.substr(0, tab);
  report.family = rca::find_cause(report.cause).family;
  report.function = tab == std::string::npos ? "" : line.substr(tab + 1);
  report.function_reason = "the engine's own analysis";
  report.detail = "by the engine's own analysis";
  report.confidence = 1;
  report.evidence = {rca::make_evidence(rca::EvidenceTier::kLibraryMessage, "engine", report.cause, 1,
                                        death->folder + "/rca.txt", line)};
  return {};
}

}  // namespace crashwright::harness
