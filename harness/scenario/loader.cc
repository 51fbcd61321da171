#include "harness/scenario/loader.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "harness/scenario/fault_checks.h"
#include "harness/scenario/section_reader.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr size_t kScenarioFilesMax = 5'000;
constexpr const char* kPlantedBugsFile = "planted_bugs.yaml";

void append(std::vector<Diagnostic>& all, std::vector<Diagnostic> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Diagnostic about_file(const std::string& path, std::string message, std::string hint) {
  return {path, {}, 1, code::kCannotRead, std::move(message), std::move(hint), {}};
}

// The scenario files that `path` stands for, in order.
std::vector<std::string> expand(const std::string& path, std::vector<Diagnostic>& diagnostics) {
  std::error_code trouble;
  if (!fs::is_directory(path, trouble)) return {path};
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator entry(path, trouble), end; entry != end && !trouble; entry.increment(trouble)) {
    const fs::path& file = entry->path();
    if (file.extension() != ".yaml" || file.filename() == kPlantedBugsFile || !entry->is_regular_file(trouble))
      continue;
    files.push_back(file.lexically_normal().string());
    if (files.size() > kScenarioFilesMax) {
      diagnostics.push_back(about_file(path, fmt::format("more than {} scenario files", kScenarioFilesMax), ""));
      return {};
    }
  }
  if (trouble) diagnostics.push_back(about_file(path, "cannot be listed: " + trouble.message(), ""));
  if (files.empty() && !trouble) diagnostics.push_back(about_file(path, "holds no scenario (*.yaml)", ""));
  std::sort(files.begin(), files.end());
  return files;
}

// Looks before it reads: devices, pipes and huge files are refused unread.
Loaded load_scenario_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {{}, {about_file(path, "no such file", "")}};
  if (!S_ISREG(info.st_mode)) return {{}, {about_file(path, "not a regular file", "")}};
  if (static_cast<uint64_t>(info.st_size) > kScenarioBytesMax) {
    return {{}, {too_large(path, static_cast<uint64_t>(info.st_size))}};
  }
  const auto text = read_file(path);
  if (!text) return {{}, {about_file(path, text.error().message, "")}};
  return load_scenario_text(path, *text);
}

void refuse_same_names(const std::vector<Scenario>& scenarios, std::vector<Diagnostic>& diagnostics) {
  std::map<std::string, const Scenario*> seen;
  for (const Scenario& scenario : scenarios) {
    const auto [first, fresh] = seen.emplace(scenario.name, &scenario);
    if (fresh) continue;
    diagnostics.push_back({scenario.path,
                           {},
                           1,
                           code::kSameName,
                           fmt::format("the name \"{}\" is taken by {}", scenario.name, first->second->path),
                           "names are unique in a run",
                           {}});
  }
}

}  // namespace

Loaded load_scenario_text(const std::string& path, const std::string& text) {
  Loaded loaded;
  YamlResult yaml = parse_yaml(path, text);
  if (!yaml.diagnostics.empty()) {
    loaded.diagnostics = std::move(yaml.diagnostics);
    return loaded;
  }
  Scenario scenario;
  scenario.path = path;
  scenario.text = text;
  SectionReader reader(path, text);
  reader.read_scenario(yaml.root, scenario);
  check_faults(scenario, reader);
  loaded.diagnostics = std::move(reader.diagnostics());
  if (loaded.diagnostics.empty()) loaded.scenarios.push_back(std::move(scenario));
  return loaded;
}

Loaded load_scenarios(const std::vector<std::string>& paths) {
  Loaded all;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    for (std::string& file : expand(path, all.diagnostics)) {
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(std::move(file));
    }
  }
  for (const std::string& file : files) {
    Loaded one = load_scenario_file(file);
    append(all.diagnostics, std::move(one.diagnostics));
    for (Scenario& scenario : one.scenarios) all.scenarios.push_back(std::move(scenario));
  }
  refuse_same_names(all.scenarios, all.diagnostics);
  return all;
}

std::vector<Diagnostic> check_fault_points(const std::vector<Scenario>& scenarios,
                                           const std::vector<std::string>& points) {
  std::vector<Diagnostic> diagnostics;
  for (const Scenario& scenario : scenarios) {
    for (const ScenarioFault& fault : scenario.faults) {
      if (fault.at.empty() || std::find(points.begin(), points.end(), fault.at) != points.end()) continue;
      const bool written =
          fault.at_position.column != fault.position.column || fault.at_position.line != fault.position.line;
      diagnostics.push_back({scenario.path, fault.at_position, written ? fault.at.size() : fault.kind.size(),
                             code::kUnknownPoint, fmt::format("no fault point \"{}\" in this engine", fault.at),
                             suggestion(fault.at, points), source_line(scenario.text, fault.at_position.line)});
    }
  }
  return diagnostics;
}

}  // namespace crashwright::harness
