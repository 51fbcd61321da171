#include "harness/scenario/include.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "harness/scenario/scenario_file.h"
#include "harness/scenario/section_reader.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKey = "include";
constexpr const char* kExample = "example: include: ../common/slow_exchange.part.yaml";

std::string shown(const SourceSet& sources, SourcePosition position) {
  return fmt::format("{}:{}:{}", sources.of(position).path, position.line, position.column);
}

std::string without_suffix(const std::string& name) {
  return name.substr(0, name.size() - std::string_view(kPartSuffix).size());
}

// The part beside it whose name is near.
std::string missing_part_hint(const std::string& path) {
  std::error_code trouble;
  std::vector<std::string> parts;
  const fs::path folder = fs::path(path).parent_path().empty() ? "." : fs::path(path).parent_path();
  for (fs::directory_iterator entry(folder, trouble), end; !trouble && entry != end; entry.increment(trouble)) {
    const std::string name = entry->path().filename();
    if (is_part_name(name)) parts.push_back(without_suffix(name));
  }
  const std::string wanted = without_suffix(fs::path(path).filename());
  const std::string nearest = nearest_word(wanted, parts);
  if (!nearest.empty() && nearest != wanted) return fmt::format("did you mean \"{}{}\"?", nearest, kPartSuffix);
  return "the path is relative to the folder of this file";
}

class Includer {
 public:
  Includer(SourceSet& sources, std::vector<Diagnostic>& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

  // `root` with all that it includes, however deep.
  void resolve(YamlNode& root) {
    if (root.kind != YamlNode::Kind::kMap) return;
    const YamlNode* const wanted = find_value(root, kKey);
    if (wanted == nullptr) return;
    YamlNode parts;
    parts.kind = YamlNode::Kind::kMap;
    for (const YamlNode* const entry : entries(*wanted)) {
      std::optional<YamlNode> part = load(*entry);
      if (part) add_part(std::move(*part), parts);
    }
    remove_key(root, kKey);
    lay_over(std::move(parts), root);
  }

 private:
  // An `include` that is being followed, and the file that it asked for.
  struct Step {
    std::string file;
    SourcePosition position;
  };

  void complain(const YamlNode& at, const char* error_code, std::string message, std::string hint) {
    const Source& source = sources_.of(at.position);
    diagnostics_.push_back({source.path, at.position, shown_width(at), error_code, std::move(message), std::move(hint),
                            source_line(source.text, at.position.line)});
  }

  std::vector<const YamlNode*> entries(const YamlNode& wanted) {
    if (wanted.kind == YamlNode::Kind::kScalar) return {&wanted};
    std::vector<const YamlNode*> found;
    if (wanted.kind != YamlNode::Kind::kList || wanted.items.empty()) {
      complain(wanted, code::kShape,
               fmt::format("\"include\" wants a path or a list, not {}", yaml_kind_name(wanted.kind)), kExample);
      return found;
    }
    for (const YamlNode& item : wanted.items) {
      if (item.kind == YamlNode::Kind::kScalar) {
        found.push_back(&item);
      } else {
        complain(item, code::kShape,
                 fmt::format("an entry of \"include\" is a path, not {}", yaml_kind_name(item.kind)), kExample);
      }
    }
    return found;
  }

  std::optional<YamlNode> load(const YamlNode& entry) {
    const fs::path asked = entry.text;
    if (asked.is_absolute() || asked.empty()) {
      complain(entry, code::kInclude, fmt::format("\"{}\" is no relative path", entry.text),
               "name it as seen from the folder of this file");
      return std::nullopt;
    }
    const std::string path = (fs::path(sources_.of(entry.position).path).parent_path() / asked).lexically_normal();
    if (is_circle(entry, path)) return std::nullopt;
    if (!is_part_name(path)) {
      complain(entry, code::kInclude, fmt::format("\"{}\" is not the name of a part", entry.text),
               fmt::format("a part is called NAME{}, so that no folder takes it for a scenario", kPartSuffix));
      return std::nullopt;
    }
    if (steps_.size() >= kIncludeDepthMax || sources_.size() > kIncludedFilesMax) {
      complain(entry, code::kInclude,
               steps_.size() >= kIncludeDepthMax ? fmt::format("more than {} levels of \"include\"", kIncludeDepthMax)
                                                 : fmt::format("more than {} included files", kIncludedFilesMax),
               "include the parts directly");
      return std::nullopt;
    }
    auto text = read_scenario_file(path);
    if (!text) {
      complain(entry, code::kInclude, fmt::format("cannot include {}: {}", path, text.error().message),
               missing_part_hint(path));
      return std::nullopt;
    }
    return parse(entry, path, std::move(*text));
  }

  std::optional<YamlNode> parse(const YamlNode& entry, const std::string& path, std::string text) {
    YamlResult yaml = parse_yaml(path, text, sources_.add(path, text));
    if (!yaml.diagnostics.empty()) {
      std::move(yaml.diagnostics.begin(), yaml.diagnostics.end(), std::back_inserter(diagnostics_));
      return std::nullopt;
    }
    if (yaml.root.kind != YamlNode::Kind::kMap) {
      complain(yaml.root, code::kShape, fmt::format("a part is a map, not {}", yaml_kind_name(yaml.root.kind)),
               "a part holds keys of a scenario");
      return std::nullopt;
    }
    steps_.push_back({path, entry.position});
    resolve(yaml.root);
    steps_.pop_back();
    return std::move(yaml.root);
  }

  bool is_circle(const YamlNode& entry, const std::string& path) {
    const std::string first = fs::path(sources_.of({}).path).lexically_normal();
    size_t known = 0;
    while (known < steps_.size() && steps_[known].file != path) ++known;
    if (path != first && known == steps_.size()) return false;
    std::string hint = "it includes itself";
    if (path == first && !steps_.empty()) {
      hint = fmt::format("{} is included at {}", steps_.front().file, shown(sources_, steps_.front().position));
    } else if (path != first) {
      hint = fmt::format("it is included at {} already", shown(sources_, steps_[known].position));
    }
    complain(entry, code::kIncludeCycle, fmt::format("{} includes itself, in a circle", path), hint);
    return true;
  }

  // Another part beside those of the same `include`.
  void add_part(YamlNode part, YamlNode& parts) {
    for (size_t i = 0; i < part.keys.size(); ++i) {
      YamlNode* const other = find_value(parts, part.keys[i].text);
      if (other == nullptr) {
        parts.keys.push_back(part.keys[i]);
        parts.items.push_back(std::move(part.items[i]));
      } else if (other->kind == YamlNode::Kind::kMap && part.items[i].kind == YamlNode::Kind::kMap) {
        add_part(std::move(part.items[i]), *other);
      } else if (part.keys[i].position.source != other->position.source) {
        complain(part.keys[i], code::kIncludeConflict,
                 fmt::format("\"{}\" is given by two included parts", part.keys[i].text),
                 fmt::format("the other one is at {}", shown(sources_, other->position)));
      } else {
        parts.keys.push_back(part.keys[i]);  // given twice in one file, which is told when it is read
        parts.items.push_back(std::move(part.items[i]));
      }
    }
  }

  // What `own` does not say itself.
  static void lay_over(YamlNode parts, YamlNode& own) {
    for (size_t i = 0; i < parts.keys.size(); ++i) {
      YamlNode* const mine = find_value(own, parts.keys[i].text);
      if (mine == nullptr || mine->position.source == parts.items[i].position.source) {
        own.keys.push_back(std::move(parts.keys[i]));
        own.items.push_back(std::move(parts.items[i]));
      } else if (mine->kind == YamlNode::Kind::kMap && parts.items[i].kind == YamlNode::Kind::kMap) {
        lay_over(std::move(parts.items[i]), *mine);
      }
    }
  }

  SourceSet& sources_;
  std::vector<Diagnostic>& diagnostics_;
  std::vector<Step> steps_;
};

}  // namespace

bool is_part_name(std::string_view name) noexcept {
  const std::string_view suffix = kPartSuffix;
  return name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
}

bool resolve_includes(YamlNode& root, SourceSet& sources, std::vector<Diagnostic>& diagnostics) {
  if (root.kind != YamlNode::Kind::kMap || find_value(root, kKey) == nullptr) return false;
  Includer(sources, diagnostics).resolve(root);
  return true;
}

}  // namespace crashwright::harness
