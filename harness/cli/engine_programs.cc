#include "harness/cli/engine_programs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "harness/runner/program_search.h"
#include "harness/scenario/scenario_file.h"
#include "harness/scenario/section_reader.h"
#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

// "python3 check.py" as the list that it is meant to be; an argument that is a file beside the scenario gets its `./`,
// without which it would be looked for where the program runs.
std::string as_list(const std::string& program, const fs::path& folder) {
  std::vector<std::string> words;
  std::istringstream text(program);
  for (std::string word; text >> word;) {
    std::error_code trouble;
    const bool beside = word.find('/') == std::string::npos && fs::is_regular_file(folder / word, trouble);
    words.push_back(beside ? "./" + word : word);
  }
  return fmt::format("[{}]", fmt::join(words, ", "));
}

std::string hint_for(const std::string& key, const std::string& program, const std::string& scenario_path) {
  std::error_code trouble;
  const fs::path beside = fs::path(scenario_path).parent_path() / program;
  if (fs::exists(beside, trouble))
    return "the file is there and cannot be run: `chmod +x " + beside.lexically_normal().string() + "`";
  if (program.find(' ') != std::string::npos) {
    return fmt::format("a program with arguments is a list: {}: {}", key,
                       as_list(program, fs::path(scenario_path).parent_path()));
  }
  return "a relative one is looked for beside this file, then among the programs of the build, then in PATH";
}

// At the program's name in the scenario's own file; about the file as a whole when an included part names it.
Diagnostic complaint(const Scenario& scenario, const std::string& key, const std::string& program) {
  Diagnostic diagnostic;
  diagnostic.file = scenario.path;
  diagnostic.code = code::kNoProgram;
  diagnostic.message = fmt::format("engine.{}: no program \"{}\" that can be run", key, program);
  diagnostic.hint = hint_for(key, program, scenario.path);
  const auto text = read_scenario_file(scenario.path);
  if (!text) return diagnostic;
  const YamlResult yaml = parse_yaml(scenario.path, *text);
  const YamlNode* const engine = find_value(yaml.root, "engine");
  const YamlNode* const value = engine == nullptr ? nullptr : find_value(*engine, key);
  if (value == nullptr) return diagnostic;
  const YamlNode& name = value->kind == YamlNode::Kind::kList && !value->items.empty() ? value->items.front() : *value;
  diagnostic.position = name.position;
  diagnostic.width = shown_width(name);
  diagnostic.source = source_line(*text, name.position.line);
  return diagnostic;
}

void check(const Scenario& scenario, std::vector<Diagnostic>& diagnostics) {
  const ForeignEngine& engine = scenario.engine;
  const ProgramPlaces places = scenario_places(scenario.path);
  const auto exists = [&](const std::string& program) { return program_exists(program, places); };
  if (!std::all_of(engine.needs.begin(), engine.needs.end(), exists)) return;
  const struct {
    const char* key;
    const std::vector<std::string>& words;
  } kPrograms[] = {{"command", engine.command},
                   {"recover", engine.recover},
                   {"dump_state", engine.dump_state},
                   {"check", engine.check}};
  std::set<std::string> told;
  for (const auto& program : kPrograms) {
    if (program.words.empty() || exists(program.words.front())) continue;
    if (!told.insert(program.words.front()).second) continue;
    diagnostics.push_back(complaint(scenario, program.key, program.words.front()));
  }
}

}  // namespace

std::vector<Diagnostic> find_missing_programs(const std::vector<Scenario>& scenarios) {
  std::vector<Diagnostic> diagnostics;
  for (const Scenario& scenario : scenarios) {
    if (!scenario.engine.command.empty()) check(scenario, diagnostics);
  }
  return diagnostics;
}

}  // namespace crashwright::harness::cli
