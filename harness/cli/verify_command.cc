#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/cli/case_folder.h"
#include "harness/cli/command.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal_text.h"
#include "harness/runner/engine_answers.h"
#include "harness/runner/engine_verdict.h"
#include "harness/runner/judge.h"
#include "verifiers/verifier.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;
using verifiers::Outcome;

constexpr size_t kSummaryColumn = 34;

// The case itself, or every case below a run.
Result<std::vector<std::string>> case_folders(const std::string& folder) {
  std::error_code trouble;
  if (!fs::is_directory(folder, trouble)) {
    return fail(ErrorKind::kUsage, folder + ": no such folder", "verify wants the folder of a run or of one case");
  }
  if (content_of_case(folder) != CaseContent::kNoCase) return std::vector<std::string>{folder};
  std::vector<std::string> found;
  for (fs::directory_iterator entry(folder, trouble), end; entry != end && !trouble; entry.increment(trouble)) {
    if (content_of_case(entry->path()) != CaseContent::kNoCase) found.push_back(entry->path().string());
  }
  if (found.empty()) {
    return fail(ErrorKind::kUsage, folder + ": no case there",
                "verify wants the folder of a run, which has one for each case, or of one case");
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Cases that cannot be judged again: those of a kind for the same reason, told once, with the first of them.
class Untold {
 public:
  void add(const std::string& folder, CaseContent content) {
    auto& one = content == CaseContent::kExploration ? explorations_ : thinned_out_;
    if (one.count++ == 0) one.first = folder;
  }
  void print() const {
    print(explorations_, CaseContent::kExploration);
    print(thinned_out_, CaseContent::kThinnedOut);
  }

 private:
  struct Kind {
    size_t count = 0;
    std::string first;
  };

  static void print(const Kind& kind, CaseContent content) {
    if (kind.count == 0) return;
    const NotKept why = not_kept(kind.first, content);
    const std::string more = kind.count > 1 ? fmt::format(" (and {} more)", kind.count - 1) : "";
    fmt::print(stderr, "crashwright: {}{}\n  {}\n  {}\n", shown_path(kind.first), more, wrap(why.what, 2),
               fold(why.remedy, 2, terminal_columns(stderr)));
  }

  Kind explorations_;
  Kind thinned_out_;
};

void count(Outcome outcome, const std::vector<verifiers::Verdict>& verdicts, OutcomeCounts& counts) {
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
      counts.judge_failed += judge_failed(verdicts) ? 1 : 0;
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

// An engine of the scenario's own is judged by what its programs answered, which was kept.
Result<std::vector<verifiers::Verdict>> verdicts_again(const verifiers::CaseView& view) {
  std::vector<verifiers::Verdict> verdicts;
  if (!view.facts.environment_error.empty() || !view.facts.skipped_need.empty()) return verdicts;  // never came so far
  if (view.plan.build == build_name(Build::kForeign)) {
    const auto answers = read_answers(view.folder);
    if (!answers) return tl::unexpected(answers.error());
    verdicts = judge_engine(*answers, view);
  } else {
    verdicts = verifiers::verify_case(view);
  }
  set_aside_unproven(view.facts, verdicts);
  return verdicts;
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
  std::optional<int> refused;  // the exit code of a case that lacks what it is judged by
  Untold untold;
  for (const std::string& given : folders) {
    const auto below = case_folders(given);
    if (!below) return report_error(below.error());
    for (const std::string& folder : *below) {
      const CaseContent content = content_of_case(folder);
      if (content != CaseContent::kArtefacts) {
        untold.add(folder, content);
        continue;
      }
      const auto view = verifiers::open_case(folder);
      if (!view) return report_error(view.error());
      auto found = verdicts_again(*view);
      if (!found) {
        refused = report_error(found.error());
        continue;
      }
      ++cases;
      const std::vector<verifiers::Verdict>& verdicts = *found;
      const Judgement judgement = judge_again(*view, verdicts);
      count(judgement.outcome, verdicts, counts);
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
  std::fflush(stdout);
  untold.print();
  if (refused && counts.fail == 0) return *refused;
  if (cases == 0) return kExitNothing;
  return exit_code(counts, false, true);
}

}  // namespace crashwright::harness::cli
