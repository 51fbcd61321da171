#include "harness/cli/prove_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/scenario_cover.h"
#include "harness/cli/terminal_text.h"

namespace crashwright::harness::cli {
namespace {

using verifiers::Outcome;

constexpr size_t kBugColumns = 34;
constexpr size_t kPromisesColumn = kBugColumns + 10;  // behind "caught" or "MISSED"
constexpr size_t kAlarmColumn = 15;

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void add_once(std::vector<std::string>& list, const std::string& word) {
  if (!contains(list, word)) list.push_back(word);
}

void add_case(const CaseFinished& done, const PlantedBug& bug, BugResult& result) {
  for (const verifiers::Verdict& verdict : done.verdicts) {
    if (verdict.outcome != Outcome::kFail) continue;
    add_once(result.broken, verdict.promise);
    if (!contains(result.expected, verdict.promise)) continue;
    result.caught = true;
    add_once(result.scenarios, done.name);
  }
  if (contains(bug.scenarios, done.name) && !contains(result.scenarios, done.name)) {
    add_once(result.let_pass, done.name);
  }
  const bool unjudged =
      done.outcome == Outcome::kSkipped || done.outcome == Outcome::kError || done.outcome == Outcome::kInconclusive;
  if (unjudged && result.trouble.empty()) {
    result.trouble = fmt::format("{}: {}", verifiers::outcome_name(done.outcome), done.summary);
  }
}

void add_clean_case(const CaseFinished& done, ProofResult& result) {
  ++result.clean_cases;
  if (done.outcome == Outcome::kPass) return;
  if (done.outcome != Outcome::kFail) {
    result.unproven.push_back(fmt::format("{}: {} {}", done.name, verifiers::outcome_name(done.outcome), done.summary));
    return;
  }
  for (const verifiers::Verdict& verdict : done.verdicts) {
    if (verdict.outcome != Outcome::kFail) continue;
    result.false_alarms.push_back(fmt::format("{}: {}: {}", done.name, verdict.promise, verdict.summary));
  }
}

void find_smallest_set(const std::vector<std::string>& tried, ProofResult& result) {
  std::vector<std::vector<std::string>> catchers;
  for (const BugResult& bug : result.bugs) catchers.push_back(bug.scenarios);
  result.smallest_set = smallest_cover(catchers);
  for (const std::string& name : tried) {
    if (!contains(result.smallest_set, name)) result.add_nothing.push_back(name);
  }
}

std::string name_lines(const std::vector<std::string>& names, size_t columns) {
  std::string text;
  for (const std::string& name : names) text += fmt::format("  {}\n", fold(name, 2, columns));
  return text;
}

}  // namespace

bool ProofResult::holds() const {
  return false_alarms.empty() && unproven.empty() &&
         std::all_of(bugs.begin(), bugs.end(), [](const BugResult& bug) { return bug.caught; });
}

ProofResult judge_proof(const std::vector<PlantedBug>& bugs, const RunRecord& run) {
  ProofResult result;
  for (const PlantedBug& bug : bugs) result.bugs.push_back({bug.name, bug.what, bug.caught_by, {}, {}, {}, {}, false});
  std::vector<std::string> tried;
  for (const CaseRecord& record : run.cases) {
    if (!record.finished) continue;
    if (record.finished->case_id.rfind(kCleanPrefix, 0) == 0) {
      add_clean_case(*record.finished, result);
      continue;
    }
    for (size_t i = 0; i < bugs.size(); ++i) {
      if (record.finished->case_id.rfind(bugs[i].name + "--", 0) != 0) continue;
      add_case(*record.finished, bugs[i], result.bugs[i]);
      add_once(tried, record.finished->name);
    }
  }
  find_smallest_set(tried, result);
  return result;
}

std::string proof_to_text(const ProofResult& result, size_t columns) {
  size_t caught = 0;
  const std::string beside = fmt::format("{:<{}}", "", kPromisesColumn);
  const auto below = [&](const std::string& line) { return beside + fold(line, kPromisesColumn, columns) + "\n"; };
  std::string text = fmt::format("{:<34} {:<8} {}\n", "planted bug", "", "broken promises (expected)");
  for (const BugResult& bug : result.bugs) {
    caught += bug.caught ? 1 : 0;
    const std::string promises =
        fmt::format("{} ({})", bug.broken.empty() ? "none" : fmt::format("{}", fmt::join(bug.broken, ", ")),
                    fmt::join(bug.expected, ", "));
    text += fmt::format("{:<34} {:<8} {}\n", columns == 0 ? bug.bug : shorten_middle(bug.bug, kBugColumns),
                        bug.caught ? "caught" : "MISSED", fold(promises, kPromisesColumn, columns));
    if (!bug.scenarios.empty()) text += below(fmt::format("in: {}", fmt::join(bug.scenarios, "; ")));
    if (!bug.let_pass.empty()) text += below(fmt::format("not in: {}", fmt::join(bug.let_pass, "; ")));
    if (!bug.caught && !bug.trouble.empty()) text += below(bug.trouble);
  }
  text += fmt::format("\n{} of {} bugs caught; {} clean cases, {} false alarms\n", caught, result.bugs.size(),
                      result.clean_cases, result.false_alarms.size());
  for (const std::string& alarm : result.false_alarms) {
    text += fmt::format("  false alarm: {}\n", fold(alarm, kAlarmColumn, columns));
  }
  for (const std::string& line : result.unproven) {
    text += fmt::format("  no verdict: {}\n", fold(line, kAlarmColumn, columns));
  }
  text += fmt::format("\nsmallest set of scenarios that catches them all, {}:\n{}", result.smallest_set.size(),
                      name_lines(result.smallest_set, columns));
  if (result.add_nothing.empty()) return text;
  text += fmt::format("scenarios that catch nothing which that set does not catch, {}:\n{}", result.add_nothing.size(),
                      name_lines(result.add_nothing, columns));
  return text;
}

std::string proof_to_json(const ProofResult& result) {
  nlohmann::ordered_json bugs = nlohmann::ordered_json::array();
  for (const BugResult& bug : result.bugs) {
    bugs.push_back({{"bug", bug.bug},
                    {"what", bug.what},
                    {"caught", bug.caught},
                    {"expected", bug.expected},
                    {"broken", bug.broken},
                    {"scenarios", bug.scenarios},
                    {"let_pass", bug.let_pass},
                    {"trouble", bug.trouble}});
  }
  const nlohmann::ordered_json document = {{"bugs", bugs},
                                           {"clean_cases", result.clean_cases},
                                           {"false_alarms", result.false_alarms},
                                           {"no_verdict", result.unproven},
                                           {"smallest_set", result.smallest_set},
                                           {"add_nothing", result.add_nothing},
                                           {"holds", result.holds()}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace crashwright::harness::cli
