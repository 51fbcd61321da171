#include "harness/cli/case_folder.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/file.h"
#include "base/shell_word.h"
#include "harness/cli/terminal_text.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

// judge.sh of the first finding that was kept; empty: there is none.
std::string first_judge(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code trouble;
  for (fs::directory_iterator entry(folder + "/findings", trouble), end; entry != end && !trouble;
       entry.increment(trouble)) {
    if (fs::exists(entry->path() / "judge.sh", trouble)) found.push_back((entry->path() / "judge.sh").string());
  }
  return found.empty() ? std::string() : *std::min_element(found.begin(), found.end());
}

std::string command(const std::string& script) { return "`sh " + shell_word(shown_path(script)) + "`"; }

}  // namespace

CaseContent content_of_case(const std::string& folder) {
  std::error_code none;
  if (fs::exists(folder + "/facts.json", none)) return CaseContent::kArtefacts;
  const auto text = read_file(folder + "/plan.json");
  const auto plan = nlohmann::json::parse(text.value_or(""), nullptr, false);
  if (!plan.is_object() || !plan.contains("scenario_path")) return CaseContent::kNoCase;
  return plan.contains("exploration") ? CaseContent::kExploration : CaseContent::kThinnedOut;
}

NotKept not_kept(const std::string& folder, CaseContent content) {
  const std::string repeat = command(folder + "/repro.sh");
  if (content == CaseContent::kExploration) {
    const std::string judge = first_judge(folder);
    return {"this case explored losses of power: its states are judged while it runs",
            repeat + " repeats it" +
                (judge.empty() ? std::string() : ", " + command(judge) + " asks the checker about a kept state again")};
  }
  return {"the artefacts of this case were not kept: run it with --keep",
          "`sh " + shell_word(shown_path(folder + "/repro.sh")) + " --keep` runs it again and keeps them"};
}

}  // namespace crashwright::harness::cli
