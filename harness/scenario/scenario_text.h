// The text of a scenario, changed key by key: what `--set` and `crashwright shrink` do to it.
//
//   auto scenario = ScenarioText::parse(file, text);
//   scenario->set("session.messages", "500");
//   scenario->remove("faults.1");
//   load_scenario_text(file, scenario->text());
//
// A path is keys and places in lists, joined by dots: "faults.0.sigkill.hit". Comments and layout are not kept; the
// order of the keys is. Whether a key or a value means anything is for the loader to say.
// Threads: one owner. Errors: kUsage for text that is no YAML of the subset (yaml_tree.h), or a path that leads
// through something that is neither map nor list.
#pragma once

#include <string>

#include "base/result.h"
#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness {

class ScenarioText {
 public:
  [[nodiscard]] static Result<ScenarioText> parse(const std::string& file, const std::string& text);

  // Null when there is nothing at the path.
  [[nodiscard]] const YamlNode* find(const std::string& path) const;
  [[nodiscard]] const YamlNode& root() const { return root_; }
  // `value` is YAML itself: `500`, `[smoke, slow]`. Sections on the way are made.
  [[nodiscard]] Status set(const std::string& path, const std::string& value);
  // False when there is nothing at the path. A section that becomes empty goes too.
  bool remove(const std::string& path);
  // YAML in the house's layout: a key a line, what is nested in braces.
  [[nodiscard]] std::string text() const;

 private:
  YamlNode root_;
};

}  // namespace crashwright::harness
