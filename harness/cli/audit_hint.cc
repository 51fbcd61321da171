#include "harness/cli/audit_hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "postmortem/audit_segments.h"

namespace crashwright::harness::cli {
namespace {

constexpr size_t kLevels = 3;  // from a run over case and start to its data
constexpr size_t kFoldersMax = 4000;
constexpr size_t kNamedMax = 4;

struct Found {
  std::vector<std::string> logs;  // below the folder, in order
  size_t folders = 0;             // looked into
};

std::vector<std::string> folders_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code trouble;
  for (std::filesystem::directory_iterator entry(folder, trouble), end; !trouble && entry != end;
       entry.increment(trouble)) {
    std::error_code unknown;
    const bool link = entry->is_symlink(unknown);
    if (!link && entry->is_directory(unknown)) names.push_back(entry->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

// Nothing is looked for below a folder that has a log: its archive belongs to it.
void look_below(const std::string& folder, const std::string& shown, size_t levels, Found& found) {
  for (const std::string& name : folders_in(folder)) {
    if (found.folders++ >= kFoldersMax) return;
    const std::string below = folder + "/" + name;
    const auto segments = postmortem::find_audit_segments(below, postmortem::AuditArchive::kJoined);
    if (segments && !segments->files.empty()) {
      found.logs.push_back(shown + name + "/audit.log");
    } else if (levels > 1) {
      look_below(below, shown + name + "/", levels - 1, found);
    }
  }
}

}  // namespace

std::string hint_at_audit_logs(const std::string& folder) {
  Found found;
  look_below(folder, "", kLevels, found);
  const std::vector<std::string>& logs = found.logs;
  if (logs.empty()) return {};
  if (logs.size() == 1) return "below it there is " + logs.front();
  if (logs.size() == 2 && logs[0].starts_with("inc0/") && logs[1].starts_with("inc1/")) {
    return fmt::format("this case has {} (before the death)\n  and {} (after it)", logs[0], logs[1]);
  }
  std::string text = "below it there are";
  for (size_t i = 0; i < std::min(logs.size(), kNamedMax); ++i) text += "\n    " + logs[i];
  if (logs.size() > kNamedMax) text += fmt::format("\n    and {} more", logs.size() - kNamedMax);
  return text;
}

}  // namespace crashwright::harness::cli
