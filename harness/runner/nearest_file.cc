#include "harness/runner/nearest_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "harness/scenario/suggest.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesMax = 1000;

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code trouble;
  for (fs::recursive_directory_iterator entry(folder, trouble), end;
       entry != end && !trouble && files.size() < kFilesMax; entry.increment(trouble)) {
    std::error_code vanished;
    if (entry->is_regular_file(vanished)) files.push_back(entry->path().lexically_relative(folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string no_such_file(const std::string& name, const std::string& folder) {
  const std::vector<std::string> files = files_below(folder);
  const auto is_it = [&](const std::string& file) { return file == name || file.substr(file.rfind('/') + 1) == name; };
  if (name.empty() || std::any_of(files.begin(), files.end(), is_it)) return {};
  if (files.empty()) return fmt::format("there is no file {}, and no other one", name);
  const std::string hint = suggestion(name, files);
  return fmt::format("there is no file {}{}", name, hint.empty() ? "" : ": " + hint);
}

}  // namespace crashwright::harness
