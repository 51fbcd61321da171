#include "harness/scenario/scenario_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "harness/scenario/diagnostic.h"
#include "harness/scenario/suggest.h"
#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNamesMax = 5'000;

tl::unexpected<ValueError> refuse(const char* error_code, std::string message, std::string hint = {}) {
  return tl::unexpected<ValueError>(ValueError{error_code, std::move(message), std::move(hint)});
}

// The scenario file beside `path` whose name is nearest.
std::string near_file(const std::string& path) {
  const fs::path asked = path;
  const fs::path folder = asked.has_parent_path() ? asked.parent_path() : fs::path(".");
  std::vector<std::string> names;
  std::error_code trouble;
  for (fs::directory_iterator entry(folder, trouble), end; !trouble && entry != end; entry.increment(trouble)) {
    if (is_yaml(entry->path())) names.push_back(entry->path().filename().string());
    if (names.size() == kNamesMax) break;
  }
  std::sort(names.begin(), names.end());
  const std::string nearest = nearest_word(asked.filename().string(), names);
  if (!nearest.empty()) return fmt::format("did you mean \"{}\"?", nearest);
  if (path == "scenarios" || path == "scenarios/") {
    return "the stock scenarios lie in the folder of the sources; `crashwright init` writes a first one";
  }
  fs::path above = folder;
  while (above.has_parent_path() && !fs::exists(above.parent_path(), trouble)) above = above.parent_path();
  return fs::exists(folder, trouble) ? "name a scenario file, or a folder of them"
                                     : fmt::format("there is no {} either", above.string());
}

}  // namespace

bool is_yaml(const fs::path& file) { return file.extension() == ".yaml" || file.extension() == ".yml"; }

ValueResult<std::string> read_scenario_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return refuse(code::kCannotRead, "no such file", near_file(path));
  if (!S_ISREG(info.st_mode)) {
    return refuse(code::kCannotRead, "not a regular file", "name a scenario file, or a folder of them");
  }
  if (static_cast<uint64_t>(info.st_size) > kScenarioBytesMax) {
    const Diagnostic refusal = too_large(path, static_cast<uint64_t>(info.st_size));
    return refuse(code::kTooLarge, refusal.message, refusal.hint);
  }
  auto text = read_file(path);
  if (!text) return refuse(code::kCannotRead, text.error().message, text.error().remedy);
  return std::move(*text);
}

}  // namespace crashwright::harness
