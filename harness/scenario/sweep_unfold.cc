#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "harness/scenario/matrix.h"
#include "harness/scenario/name_pattern.h"
#include "harness/scenario/sweep.h"
#include "harness/scenario/sweep_passages.h"
#include "harness/scenario/yaml_emit.h"

namespace crashwright::harness {
namespace {

// The tree that a checked scenario came from.
YamlNode tree_of(const Scenario& scenario) {
  YamlResult yaml = parse_yaml(scenario.path, scenario.text);
  CRASHWRIGHT_CHECK(yaml.diagnostics.empty(), "the text of a scenario that was loaded is YAML");
  return std::move(yaml.root);
}

bool is_asked_for(const SweepPassage& passage, const std::vector<std::string>& words) {
  // Where passages differ from run to run, the last one that can be relied on stands for the last.
  const std::string word = passage.is("late") ? "last" : passage.word;
  return std::find(words.begin(), words.end(), word) != words.end();
}

Scenario swept(const Scenario& scenario, YamlNode tree, const std::string& point, const SweepPassage& passage,
               std::vector<Diagnostic>& diagnostics) {
  YamlNode place;
  place.kind = YamlNode::Kind::kScalar;
  place.text = point;
  place_faults(*find_value(tree, "faults"), place, passage.trigger);
  find_value(tree, "name")->text += fmt::format(" [{}, {} passage]", point, passage.word);
  Loaded loaded = load_scenario_text(scenario.path, emit_yaml(tree));
  std::move(loaded.diagnostics.begin(), loaded.diagnostics.end(), std::back_inserter(diagnostics));
  if (loaded.scenarios.size() != 1) return {};
  loaded.scenarios.front().resolved = true;
  return std::move(loaded.scenarios.front());
}

}  // namespace

Loaded unfold_sweep(const Scenario& scenario, const std::vector<PassageCount>& counts) {
  Loaded unfolded;
  YamlNode tree = tree_of(scenario);
  remove_key(tree, "sweep");
  const std::vector<std::string>& patterns = scenario.sweep->points;
  for (const PassageCount& count : counts) {
    const auto matches = [&](const std::string& pattern) { return matches_pattern(count.point, pattern); };
    if (std::none_of(patterns.begin(), patterns.end(), matches)) continue;
    for (const SweepPassage& passage : passages_of(without_grouping(count, counts))) {
      if (!is_asked_for(passage, scenario.sweep->passages)) continue;
      Scenario one = swept(scenario, tree, count.point, passage, unfolded.diagnostics);
      if (!one.name.empty()) unfolded.scenarios.push_back(std::move(one));
    }
  }
  return unfolded;
}

Scenario session_to_count(const Scenario& scenario) {
  YamlNode tree = tree_of(scenario);
  remove_key(tree, "sweep");
  remove_key(tree, "expect");
  YamlNode& faults = *find_value(tree, "faults");
  size_t before = 0;
  while (before < scenario.faults.size() && !is_place_open(scenario.faults[before])) ++before;
  faults.items.resize(before);
  if (before == 0) remove_key(tree, "faults");
  Loaded loaded = load_scenario_text(scenario.path, emit_yaml(tree));
  CRASHWRIGHT_CHECK(loaded.scenarios.size() == 1, "a scenario without its last faults is one");
  return std::move(loaded.scenarios.front());
}

}  // namespace crashwright::harness
