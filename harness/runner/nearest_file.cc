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

// The first so many; `there`: one of all of them is `name`, as a path or as the end of one.
std::vector<std::string> files_below(const std::string& folder, const std::string& name, bool& there) {
  std::vector<std::string> files;
  std::error_code trouble;
  for (fs::recursive_directory_iterator entry(folder, trouble), end; entry != end && !trouble && !there;
       entry.increment(trouble)) {
    std::error_code vanished;
    if (!entry->is_regular_file(vanished)) continue;
    const fs::path file = entry->path().lexically_relative(folder);
    there = file == name || file.filename() == name;
    if (files.size() < kFilesMax) files.push_back(file.string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string no_such_file(const std::string& name, const std::string& folder) {
  bool there = name.empty();
  const std::vector<std::string> files = files_below(folder, name, there);
  if (there) return {};
  if (files.empty()) return fmt::format("there is no file {}, and no other one", name);
  const std::string hint = suggestion(name, files);
  return fmt::format("there is no file {}{}", name, hint.empty() ? "" : ": " + hint);
}

}  // namespace crashwright::harness
