#include "harness/report/run_history.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

// More than this is looked at in no folder of runs.
constexpr size_t kFoldersMax = 60;
constexpr uint64_t kRunJsonBytesMax = 8U << 20;

std::optional<EarlierRun> read_run(const fs::path& folder) {
  std::error_code trouble;
  if (fs::file_size(folder / "run.json", trouble) > kRunJsonBytesMax || trouble) return std::nullopt;
  const auto text = read_file((folder / "run.json").string());
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("cases") || !json["cases"].is_array()) return std::nullopt;
  EarlierRun run;
  run.folder = "../" + folder.filename().string();
  try {
    run.started_wall_ns = json.value("started_wall_ns", uint64_t{0});
    run.seed = json.value("seed", uint64_t{0});
    for (const auto& one : json["cases"]) {
      if (one.is_object()) run.outcomes[one.value("case", "")] = one.value("outcome", "");
    }
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // of another type than it has: not a run of ours
  }
  return run;
}

bool have_a_case_in_common(const EarlierRun& a, const EarlierRun& b) {
  return std::any_of(a.outcomes.begin(), a.outcomes.end(),
                     [&](const auto& entry) { return b.outcomes.count(entry.first) > 0; });
}

}  // namespace

RunHistory read_history(const std::string& folder) {
  RunHistory history;
  const fs::path own = folder;
  const auto current = read_run(own);
  if (!current) return history;
  // The names begin with the time: the newest last.
  std::vector<fs::path> folders;
  std::error_code trouble;
  for (fs::directory_iterator entry(own.parent_path(), trouble), end; entry != end && !trouble;
       entry.increment(trouble)) {
    if (!entry->is_symlink(trouble) && entry->is_directory(trouble) && entry->path() != own) {
      folders.push_back(entry->path());
    }
  }
  std::sort(folders.rbegin(), folders.rend());
  if (folders.size() > kFoldersMax) folders.resize(kFoldersMax);
  for (const fs::path& one : folders) {
    if (history.runs.size() >= kHistoryRunsMax) break;
    auto run = read_run(one);
    if (!run || run->started_wall_ns >= current->started_wall_ns || !have_a_case_in_common(*current, *run)) continue;
    history.runs.push_back(std::move(*run));
  }
  std::sort(history.runs.begin(), history.runs.end(),
            [](const EarlierRun& a, const EarlierRun& b) { return a.started_wall_ns < b.started_wall_ns; });
  return history;
}

}  // namespace crashwright::harness
