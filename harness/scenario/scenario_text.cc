#include "harness/scenario/scenario_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "harness/scenario/yaml_emit.h"

namespace crashwright::harness {
namespace {

using Kind = YamlNode::Kind;

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> steps;
  size_t start = 0;
  for (size_t dot = path.find('.'); dot != std::string::npos; start = dot + 1, dot = path.find('.', start)) {
    steps.push_back(path.substr(start, dot - start));
  }
  steps.push_back(path.substr(start));
  return steps;
}

// Where `step` leads inside `node`; beyond the end when nowhere.
size_t place_of(const YamlNode& node, const std::string& step) {
  if (node.kind == Kind::kMap) {
    const auto same = [&](const YamlNode& key) { return key.text == step; };
    return static_cast<size_t>(std::find_if(node.keys.begin(), node.keys.end(), same) - node.keys.begin());
  }
  size_t index = node.items.size();
  if (node.kind == Kind::kList) {
    const auto end = std::from_chars(step.data(), step.data() + step.size(), index);
    if (end.ec != std::errc() || end.ptr != step.data() + step.size()) return node.items.size();
  }
  return std::min(index, node.items.size());
}

bool remove_step(YamlNode& node, const std::vector<std::string>& steps, size_t at) {
  const size_t place = place_of(node, steps[at]);
  if (place >= node.items.size()) return false;
  if (at + 1 < steps.size()) {
    if (!remove_step(node.items[place], steps, at + 1)) return false;
    if (!node.items[place].items.empty()) return true;
    // A fault without parameters is still a fault: an entry of a list keeps its one key.
    if (at > 0) {
      node.items[place] = YamlNode{};
      return true;
    }
  }
  node.items.erase(node.items.begin() + static_cast<long>(place));
  if (node.kind == Kind::kMap) node.keys.erase(node.keys.begin() + static_cast<long>(place));
  return true;
}

}  // namespace

Result<ScenarioText> ScenarioText::parse(const std::string& file, const std::string& text) {
  YamlResult yaml = parse_yaml(file, text);
  if (!yaml.diagnostics.empty()) {
    return fail(ErrorKind::kUsage, diagnostic_to_text(yaml.diagnostics.front()));
  }
  ScenarioText scenario;
  scenario.root_ = std::move(yaml.root);
  return scenario;
}

const YamlNode* ScenarioText::find(const std::string& path) const {
  const YamlNode* node = &root_;
  for (const std::string& step : split(path)) {
    const size_t place = place_of(*node, step);
    if (place >= node->items.size()) return nullptr;
    node = &node->items[place];
  }
  return node;
}

Status ScenarioText::set(const std::string& path, const std::string& value) {
  const YamlResult yaml = parse_yaml(path, value);
  if (!yaml.diagnostics.empty()) {
    return fail(ErrorKind::kUsage, fmt::format("{}={} is no value of YAML", path, value), "quote it: key='\"text\"'");
  }
  YamlNode* node = &root_;
  for (const std::string& step : split(path)) {
    if (node->kind == Kind::kNull) node->kind = Kind::kMap;
    const size_t place = place_of(*node, step);
    const bool into_map = node->kind == Kind::kMap && !step.empty();
    if (place >= node->items.size() && !into_map) {
      return fail(ErrorKind::kUsage, fmt::format("{}: \"{}\" leads nowhere", path, step),
                  "keys joined by dots: session.messages, faults.0.sigkill.hit");
    }
    if (place >= node->items.size()) {
      YamlNode key;
      key.kind = Kind::kScalar;
      key.text = step;
      node->keys.push_back(key);
      node->items.emplace_back();
    }
    node = &node->items[place];
  }
  *node = yaml.root;
  return {};
}

bool ScenarioText::remove(const std::string& path) { return remove_step(root_, split(path), 0); }

std::string ScenarioText::text() const { return emit_yaml(root_); }

}  // namespace crashwright::harness
