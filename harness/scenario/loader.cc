#include "harness/scenario/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/scenario/expect_checks.h"
#include "harness/scenario/exploration_checks.h"
#include "harness/scenario/fault_checks.h"
#include "harness/scenario/include.h"
#include "harness/scenario/matrix.h"
#include "harness/scenario/name_pattern.h"
#include "harness/scenario/scenario_file.h"
#include "harness/scenario/section_reader.h"
#include "harness/scenario/yaml_emit.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr size_t kScenarioFilesMax = 5'000;
constexpr const char* kPlantedBugsFile = "planted_bugs.yaml";
constexpr const char* kEventsFile = "events.jsonl";  // in every folder of a run

void append(std::vector<Diagnostic>& all, std::vector<Diagnostic> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Diagnostic about_file(const std::string& path, std::string message, std::string hint) {
  return {path, {}, 1, code::kCannotRead, std::move(message), std::move(hint), {}};
}

bool is_scenario(const fs::path& file) {
  const std::string name = file.filename();
  return is_yaml(file) && name != kPlantedBugsFile && !is_part_name(name);
}

// A run keeps each scenario as it was resolved, and what begins with a dot belongs to other tools.
bool holds_no_scenarios(const fs::path& folder) {
  std::error_code ignored;
  return folder.filename().string().starts_with('.') || fs::exists(folder / kEventsFile, ignored);
}

// A file in the folder of a run by a name that stays: `latest` is another run's soon, and is what the name of a case is
// told, kept and repeated with. Every other path is as it was given.
std::string settled(const std::string& path) {
  std::error_code trouble;
  const fs::path real = fs::canonical(path, trouble);
  if (trouble || !fs::exists(real.parent_path().parent_path() / kEventsFile, trouble)) return path;
  if (fs::path(path).is_absolute()) return real.string();
  const fs::path here = fs::current_path(trouble);
  const fs::path below = real.lexically_relative(here);
  return below.empty() || *below.begin() == ".." ? real.string() : below.string();
}

// The scenario files that `path` stands for, in order.
std::vector<std::string> expand(const std::string& path, std::vector<Diagnostic>& diagnostics) {
  std::error_code trouble;
  if (!fs::is_directory(path, trouble)) return {settled(path)};
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator entry(path, trouble), end; entry != end && !trouble; entry.increment(trouble)) {
    const fs::path& file = entry->path();
    if (entry->is_directory(trouble) && holds_no_scenarios(file)) entry.disable_recursion_pending();
    if (!is_scenario(file) || !entry->is_regular_file(trouble)) continue;
    files.push_back(file.lexically_normal().string());
    if (files.size() > kScenarioFilesMax) {
      diagnostics.push_back(
          about_file(path, fmt::format("more than {} scenario files", kScenarioFilesMax), "name folders below it"));
      return {};
    }
  }
  if (trouble) diagnostics.push_back(about_file(path, "cannot be listed: " + trouble.message(), ""));
  if (files.empty() && !trouble)
    diagnostics.push_back(
        about_file(path, "holds no scenario (*.yaml or *.yml)", "`crashwright init` writes a first one"));
  std::sort(files.begin(), files.end());
  return files;
}

Loaded load_scenario_file(const std::string& path, const std::vector<std::string>& known_points) {
  auto text = read_scenario_file(path);
  if (text) return load_scenario_text(path, *text, known_points);
  const ValueError& refused = text.error();
  return {{}, {{path, {}, 1, std::string(refused.code), refused.message, refused.hint, {}}}, {}};
}

// One text on its way to scenarios.
class TextLoader {
 public:
  TextLoader(const std::string& path, const std::string& text, const std::vector<std::string>& known_points)
      : path_(path), text_(text), known_points_(known_points), sources_(path, text) {}

  Loaded load(YamlNode root) {
    const bool has_parts = resolve_includes(root, sources_, loaded_.diagnostics);
    const bool complete = loaded_.diagnostics.empty();
    SectionReader reader(sources_);
    Scenario whole;
    reader.read_scenario(root, whole, complete);
    // Of an engine whose command was refused nobody knows what its faults may say.
    const YamlNode* const engine = find_value(root, "engine");
    const bool engine_unread = engine != nullptr && whole.engine.command.empty() && !reader.diagnostics().empty();
    if (!engine_unread) check_faults(whole, reader);
    check_expectations(root, whole, reader);
    check_exploration(root, whole, reader);
    check_sweep_points(root, whole, known_points_, reader);
    std::vector<YamlNode> cells;
    if (whole.matrix) cells = matrix_cells(root, whole, known_points_, reader);
    append(loaded_.diagnostics, std::move(reader.diagnostics()));
    if (!loaded_.diagnostics.empty() || cells.empty()) {
      keep(std::move(whole), root, has_parts || find_value(root, "sweep") != nullptr, false);
    } else {
      for (const YamlNode& cell : cells) load_cell(cell);
    }
    return std::move(loaded_);
  }

 private:
  // What the cells share has been complained about; what is wrong in some only is found here.
  void load_cell(const YamlNode& tree) {
    SectionReader reader(sources_);
    Scenario scenario;
    reader.read_scenario(tree, scenario);
    check_faults(scenario, reader);
    check_exploration(tree, scenario, reader);
    append(loaded_.diagnostics, std::move(reader.diagnostics()));
    keep(std::move(scenario), tree, true, true);
  }

  void keep(Scenario scenario, const YamlNode& tree, bool rewritten, bool one_of_many) {
    scenario.path = path_;
    scenario.text = rewritten ? emit_yaml(tree) : text_;
    scenario.resolved = one_of_many;
    for (const ScenarioFault& fault : scenario.faults) {
      if (!fault.at.empty()) scenario.points.push_back(point_use(fault, sources_));
    }
    if (scenario.matrix) add_matrix_points(tree, scenario);
    // An engine of one's own has points of its own, which only it knows.
    if (!scenario.engine.command.empty()) scenario.points.clear();
    (loaded_.diagnostics.empty() ? loaded_.scenarios : loaded_.broken).push_back(std::move(scenario));
  }

  // Of a matrix that was not unfolded, so that a mistyped point of it is told with the other mistakes.
  void add_matrix_points(const YamlNode& tree, Scenario& scenario) const {
    const YamlNode* const matrix = find_value(tree, "matrix");
    const YamlNode* const points = matrix == nullptr ? nullptr : find_value(*matrix, "points");
    if (points == nullptr) return;
    const bool list = points->kind == YamlNode::Kind::kList;
    for (const YamlNode& entry : list ? points->items : std::vector<YamlNode>{*points}) {
      if (entry.kind != YamlNode::Kind::kScalar || is_pattern(entry.text)) continue;
      const Source& source = sources_.of(entry.position);
      scenario.points.push_back(
          {entry.text, entry.position, shown_width(entry), source.path, source_line(source.text, entry.position.line)});
    }
  }

  const std::string& path_;
  const std::string& text_;
  const std::vector<std::string>& known_points_;
  SourceSet sources_;
  Loaded loaded_;
};

// At the name as its file has it; about the whole file when it cannot be read again.
Diagnostic about_name(const Scenario& scenario, const std::string& other) {
  Diagnostic complaint = about_file(scenario.path, fmt::format("the name \"{}\" is taken by {}", scenario.name, other),
                                    "names are unique in a run");
  complaint.code = code::kSameName;
  const auto text = read_scenario_file(scenario.path);
  if (!text) return complaint;
  const YamlResult yaml = parse_yaml(scenario.path, *text);
  if (const YamlNode* const name = find_value(yaml.root, "name")) {
    complaint.position = name->position;
    complaint.width = shown_width(*name);
    complaint.source = source_line(*text, name->position.line);
  }
  return complaint;
}

void refuse_same_names(const std::vector<Scenario>& scenarios, std::vector<Diagnostic>& diagnostics) {
  std::map<std::string, const Scenario*> seen;
  for (const Scenario& scenario : scenarios) {
    const auto [first, fresh] = seen.emplace(scenario.name, &scenario);
    if (fresh) continue;
    diagnostics.push_back(about_name(scenario, first->second->path));
  }
}

}  // namespace

Loaded load_scenario_text(const std::string& path, const std::string& text,
                          const std::vector<std::string>& known_points) {
  YamlResult yaml = parse_yaml(path, text);
  if (!yaml.diagnostics.empty()) return {{}, std::move(yaml.diagnostics), {}};
  return TextLoader(path, text, known_points).load(std::move(yaml.root));
}

Loaded load_scenarios(const std::vector<std::string>& paths, const std::vector<std::string>& known_points) {
  Loaded all;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    for (std::string& file : expand(path, all.diagnostics)) {
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(std::move(file));
    }
  }
  for (const std::string& file : files) {
    Loaded one = load_scenario_file(file, known_points);
    append(all.diagnostics, std::move(one.diagnostics));
    for (Scenario& scenario : one.scenarios) all.scenarios.push_back(std::move(scenario));
    for (Scenario& scenario : one.broken) all.broken.push_back(std::move(scenario));
  }
  refuse_same_names(all.scenarios, all.diagnostics);
  return all;
}

namespace {

std::string point_hint(const std::string& name, const std::vector<std::string>& points) {
  if (is_pattern(name)) return fmt::format("a pattern is for `matrix: {{points: {}}}` or for `sweep`", name);
  return point_suggestion(name, points);
}

}  // namespace

std::vector<Diagnostic> check_fault_points(const std::vector<Scenario>& scenarios,
                                           const std::vector<std::string>& points) {
  std::vector<Diagnostic> diagnostics;
  for (const Scenario& scenario : scenarios) {
    for (const PointUse& use : scenario.points) {
      if (std::find(points.begin(), points.end(), use.name) != points.end()) continue;
      diagnostics.push_back({use.path, use.position, use.width, code::kUnknownPoint,
                             fmt::format("no fault point \"{}\" in this engine", use.name),
                             point_hint(use.name, points), use.source});
    }
  }
  return diagnostics;
}

}  // namespace crashwright::harness
