#include "harness/scenario/planted_bugs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "harness/scenario/section_reader.h"
#include "harness/scenario/suggest.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {
namespace {

const std::vector<std::string> kKeys = {"bug", "what", "in", "caught_by", "scenarios"};

class BugReader {
 public:
  explicit BugReader(const SourceSet& sources) : reader_(sources) {}

  PlantedBugs read(const YamlNode& root) {
    if (root.kind != YamlNode::Kind::kList) {
      reader_.complain(root.position, 1, code::kShape, "the list of planted bugs is a list");
    } else {
      for (const YamlNode& entry : root.items) read_bug(entry);
    }
    result_.diagnostics = std::move(reader_.diagnostics());
    return std::move(result_);
  }

 private:
  void read_bug(const YamlNode& entry) {
    if (entry.kind != YamlNode::Kind::kMap) {
      reader_.complain(entry.position, shown_width(entry), code::kShape, "a planted bug is a map",
                       "keys: bug, what, in, caught_by, scenarios");
      return;
    }
    PlantedBug bug;
    bug.position = entry.position;
    for (size_t i = 0; i < entry.keys.size() && i < entry.items.size(); ++i) {
      read_key(entry.keys[i], entry.items[i], bug);
    }
    if (bug.name.empty() || bug.caught_by.empty() || bug.scenarios.empty()) {
      reader_.complain(entry.position, 1, code::kMissingKey, "a planted bug needs bug, caught_by and scenarios");
      return;
    }
    result_.bugs.push_back(std::move(bug));
  }

  void read_key(const YamlNode& key, const YamlNode& value, PlantedBug& bug) {
    const std::vector<std::string> texts = texts_of(key, value);
    if (texts.empty()) return;
    if (key.text == "bug") {
      bug.name = texts.front();
    } else if (key.text == "what") {
      bug.what = texts.front();
    } else if (key.text == "in") {
      bug.in_harness = texts.front() == "harness";
      if (bug.in_harness || texts.front() == "engine") return;
      reader_.complain(value.position, shown_width(value), code::kUnknownWord,
                       fmt::format("a planted bug is in the engine or in the harness, not in \"{}\"", texts.front()),
                       suggestion(texts.front(), {"engine", "harness"}));
    } else if (key.text == "scenarios") {
      bug.scenarios = texts;
    } else if (key.text == "caught_by") {
      bug.caught_by = texts;
      for (const std::string& promise : texts) check_promise(value, promise);
    } else {
      reader_.complain(key.position, shown_width(key), code::kUnknownKey,
                       fmt::format("no key \"{}\" in a planted bug", key.text), suggestion(key.text, kKeys));
    }
  }

  std::vector<std::string> texts_of(const YamlNode& key, const YamlNode& value) {
    if (value.kind == YamlNode::Kind::kScalar) return {value.text};
    std::vector<std::string> texts;
    for (const YamlNode& item : value.items) {
      if (value.kind == YamlNode::Kind::kList && item.kind == YamlNode::Kind::kScalar) texts.push_back(item.text);
    }
    if (texts.empty()) {
      reader_.complain(key.position, shown_width(key), code::kShape,
                       fmt::format("\"{}\" wants a text or a list of texts", key.text));
    }
    return texts;
  }

  void check_promise(const YamlNode& value, const std::string& promise) {
    if (verifiers::find_verifier(promise) != nullptr) return;
    std::vector<std::string> names;
    for (const verifiers::Verifier& verifier : verifiers::all_verifiers()) names.emplace_back(verifier.name);
    reader_.complain(value.position, shown_width(value), code::kUnknownWord, fmt::format("no promise \"{}\"", promise),
                     suggestion(promise, names));
  }

  SectionReader reader_;
  PlantedBugs result_;
};

}  // namespace

PlantedBugs load_planted_bugs_text(const std::string& path, const std::string& text) {
  YamlResult yaml = parse_yaml(path, text);
  if (!yaml.diagnostics.empty()) return {{}, std::move(yaml.diagnostics)};
  return BugReader(SourceSet(path, text)).read(yaml.root);
}

PlantedBugs load_planted_bugs(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    return {{},
            {Diagnostic{path,
                        {},
                        1,
                        code::kCannotRead,
                        text.error().message,
                        "it is in the project's folder `scenarios`: crashwright prove FOLDER",
                        {}}}};
  }
  return load_planted_bugs_text(path, *text);
}

}  // namespace crashwright::harness
