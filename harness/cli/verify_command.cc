#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal_text.h"
#include "harness/runner/judge.h"
#include "verifiers/verifier.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;
using verifiers::Outcome;

constexpr size_t kSummaryColumn = 34;

// The case itself, or every case below a run. Cases that kept no artefacts have no facts.json.
std::vector<std::string> case_folders(const std::string& folder) {
  std::error_code trouble;
  if (fs::exists(folder + "/facts.json", trouble)) return {folder};
  std::vector<std::string> found;
  for (fs::directory_iterator entry(folder, trouble), end; entry != end && !trouble; entry.increment(trouble)) {
    if (fs::exists(entry->path() / "facts.json", trouble)) found.push_back(entry->path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void count(Outcome outcome, OutcomeCounts& counts) {
  switch (outcome) {
    case Outcome::kPass:
      ++counts.pass;
      break;
    case Outcome::kFail:
      ++counts.fail;
      break;
    case Outcome::kInconclusive:
      ++counts.inconclusive;
      break;
    case Outcome::kError:
      ++counts.error;
      break;
    case Outcome::kSkipped:
    case Outcome::kNotApplicable:
      break;
  }
}

// As at the time of the run: the faults' states and the trouble of the case count, not the verdicts alone.
Judgement judge_again(const verifiers::CaseView& view, const std::vector<verifiers::Verdict>& verdicts) {
  if (view.facts.faults.size() != view.plan.faults.size()) {
    return {verifiers::Outcome::kError, "facts.json knows " + std::to_string(view.facts.faults.size()) +
                                            " faults, the plan has " + std::to_string(view.plan.faults.size())};
  }
  return judge(view.facts, verdicts);
}

void print_verdicts(const std::string& folder, const Judgement& judgement,
                    const std::vector<verifiers::Verdict>& verdicts) {
  fmt::print("{}\n  {:<14} {}\n", fold(shown_path(folder), 2, terminal_columns(stdout)),
             verifiers::outcome_name(judgement.outcome), wrap(printable(judgement.summary), 17));
  for (const verifiers::Verdict& verdict : verdicts) {
    fmt::print("  {:<14} {:<16} {}\n", verifiers::outcome_name(verdict.outcome), verdict.promise,
               wrap(printable(verdict.summary), kSummaryColumn));
    for (const std::string& detail : verdict.details) {
      if (detail != verdict.summary)
        fmt::print("  {:<14} {:<16}   {}\n", "", "", wrap(printable(detail), kSummaryColumn + 2));
    }
  }
}

}  // namespace

int verify_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders;
  std::string format = "human";
  Options options("verify", "Judges recorded cases again from their artefacts; nothing is run.");
  options.arguments("RUN|CASE", folders, "folder of a run or of one case (default crashwright-out/latest)");
  options.word("--format", "FORMAT", format, {"human", "json"}, "human or json");
  options.note("Passing cases keep their artefacts only when the run was made with --keep.");
  options.example("crashwright verify crashwright-out/latest");
  if (const auto code = options.parse(arguments)) return *code;
  if (folders.empty()) folders.emplace_back("crashwright-out/latest");
  OutcomeCounts counts;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  size_t cases = 0;
  for (const std::string& given : folders) {
    for (const std::string& folder : case_folders(given)) {
      ++cases;
      const auto view = verifiers::open_case(folder);
      if (!view) return report_error(view.error());
      const auto verdicts = verifiers::verify_case(*view);
      const Judgement judgement = judge_again(*view, verdicts);
      count(judgement.outcome, counts);
      if (format == "json") {
        all.push_back({{"case", folder},
                       {"outcome", verifiers::outcome_name(judgement.outcome)},
                       {"summary", judgement.summary},
                       {"verdicts", nlohmann::ordered_json::parse(verdicts_to_json(verdicts))}});
      } else {
        print_verdicts(folder, judgement, verdicts);
      }
    }
  }
  if (format == "json") fmt::print("{}\n", all.dump(2));
  if (cases == 0) {
    fmt::print(stderr, "crashwright: {}: no case with artefacts\n  run with --keep to keep those of passing cases\n",
               folders.front());
    return kExitNothing;
  }
  return exit_code(counts, false, true);
}

}  // namespace crashwright::harness::cli
