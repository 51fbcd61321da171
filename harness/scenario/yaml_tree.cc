#include "harness/scenario/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "harness/scenario/syntax_mistake.h"
#include "harness/scenario/text_check.h"

namespace crashwright::harness {
namespace {

constexpr int kLinesBackMax = 20;  // that are looked through for the dash of an empty entry

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, const std::string& text, uint32_t source)
      : file_(file), text_(text), source_(source) {}

  void OnDocumentStart(const YAML::Mark& mark) override { document_start = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(of_entry(mark), YamlNode::Kind::kNull);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    complain(mark, code::kAnchor, "aliases are not part of the scenario language", "write the value out");
    add(mark, YamlNode::Kind::kNull);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    refuse_open_quote(mark);
    YamlNode* const node = add(mark, YamlNode::Kind::kScalar);
    if (node == nullptr) return;
    node->text = value;
    node->quoted = tag == "!";
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

  YamlNode root;
  YAML::Mark document_start;
  std::vector<Diagnostic> diagnostics;

  void complain(const YAML::Mark& mark, const char* error_code, std::string message, std::string hint) {
    Diagnostic diagnostic{file_, position(mark), 1, error_code, std::move(message), std::move(hint), {}};
    diagnostic.source = source_line(text_, diagnostic.position.line);
    diagnostics.push_back(std::move(diagnostic));
  }

 private:
  struct Open {
    YamlNode node;
    bool key_next = false;
  };

  // yaml-cpp counts bytes from 0; people count characters from 1.
  SourcePosition position(const YAML::Mark& mark) const {
    if (mark.is_null()) return {1, 1, source_};
    const std::string line = source_line(text_, mark.line + 1);
    const size_t bytes = std::min(static_cast<size_t>(std::max(mark.column, 0)), line.size());
    const auto continuation = std::count_if(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(bytes),
                                            [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; });
    return {mark.line + 1, mark.column + 1 - static_cast<int>(continuation), source_};
  }

  // An entry of a list that holds nothing: the parser names the place of what follows it.
  YAML::Mark of_entry(const YAML::Mark& mark) const {
    if (stack_.empty() || stack_.back().node.kind != YamlNode::Kind::kList || mark.is_null()) return mark;
    for (int line = mark.line; line >= std::max(mark.line - kLinesBackMax, 0); --line) {
      std::string content = source_line(text_, line + 1);
      if (line == mark.line) content.resize(std::min(content.size(), static_cast<size_t>(std::max(mark.column, 0))));
      const size_t last = content.find_last_not_of(" \t");
      if (last == std::string::npos) continue;
      if (content[last] != '-') return mark;
      YAML::Mark dash = mark;
      dash.line = line;
      dash.column = static_cast<int>(last);
      return dash;
    }
    return mark;
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    complain(mark, code::kAnchor, "anchors are not part of the scenario language", "write the value out");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    complain(mark, code::kAnchor, "tags are not part of the scenario language", "remove the tag");
  }

  // The parser takes the end of the file for the end of a quoted text.
  void refuse_open_quote(const YAML::Mark& mark) {
    if (overflowed_) return;
    std::string_view rest = text_;
    for (int line = 0; line < mark.line; ++line) rest.remove_prefix(rest.find('\n') + 1);
    rest.remove_prefix(std::min(rest.size(), static_cast<size_t>(std::max(mark.column, 0))));
    if (rest.empty() || (rest.front() != '"' && rest.front() != '\'') || is_closed(rest)) return;
    complain(mark, code::kSyntax, "not valid YAML: the quote is not closed", "end the text with the same quote");
  }
  // Whether a text that begins with a quote has its other one; a doubled single quote is a character of the text.
  static bool is_closed(std::string_view quoted) {
    for (size_t i = 1; i < quoted.size(); ++i) {
      const bool doubled = quoted.substr(i, 2) == "''" && quoted.front() == '\'';
      if (doubled || (quoted.front() == '"' && quoted[i] == '\\')) {
        ++i;
      } else if (quoted[i] == quoted.front()) {
        return true;
      }
    }
    return false;
  }

  YamlNode* place(YamlNode node) {
    if (stack_.empty()) {
      root = std::move(node);
      return &root;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == YamlNode::Kind::kMap) {
      auto& side = parent.key_next ? parent.node.keys : parent.node.items;
      parent.key_next = !parent.key_next;
      side.push_back(std::move(node));
      return &side.back();
    }
    parent.node.items.push_back(std::move(node));
    return &parent.node.items.back();
  }

  // Null once a limit is passed: the rest of the file is read over.
  YamlNode* add(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (overflowed_) return nullptr;
    if (++nodes_ > kYamlNodesMax) {
      overflowed_ = true;
      complain(mark, code::kTooComplex, fmt::format("more than {} values in one file", kYamlNodesMax),
               "split it into several files");
      return nullptr;
    }
    YamlNode node;
    node.kind = kind;
    node.position = position(mark);
    return place(std::move(node));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (overflowed_) return;
    if (stack_.size() == kYamlDepthMax || ++nodes_ > kYamlNodesMax) {
      overflowed_ = true;
      complain(mark, code::kTooComplex, fmt::format("nested deeper than {} levels", kYamlDepthMax),
               "no scenario needs so many");
      return;
    }
    Open level;
    level.node.kind = kind;
    level.node.position = position(mark);
    level.key_next = kind == YamlNode::Kind::kMap;
    stack_.push_back(std::move(level));
  }

  void close() {
    if (overflowed_) return;
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    place(std::move(node));
  }

  const std::string& file_;
  const std::string& text_;
  uint32_t source_;
  std::vector<Open> stack_;
  size_t nodes_ = 0;
  bool overflowed_ = false;
};

}  // namespace

const char* yaml_kind_name(YamlNode::Kind kind) noexcept {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a value";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kList:
      return "a list";
  }
  return "nothing";
}

Diagnostic too_large(const std::string& file, uint64_t bytes) {
  return {file,
          {},
          1,
          code::kTooLarge,
          fmt::format("{} bytes; a scenario file has {} at most", bytes, kScenarioBytesMax),
          "split it into several files",
          {}};
}

YamlResult parse_yaml(const std::string& file, const std::string& text, uint32_t source) {
  if (text.size() > kScenarioBytesMax) return {{}, {too_large(file, text.size())}};
  if (auto refused = check_text(file, text, source)) return {{}, {std::move(*refused)}};
  const bool marked = std::string_view(text).substr(0, kByteOrderMark.size()) == kByteOrderMark;
  const std::string plain = marked ? text.substr(kByteOrderMark.size()) : text;
  TreeBuilder builder(file, plain, source);
  try {
    std::istringstream stream(plain);
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      builder.complain(YAML::Mark::null_mark(), code::kMissingKey, "the file is empty",
                       "a scenario begins with `name:`");
    } else {
      TreeBuilder rest(file, plain, source);
      if (parser.HandleNextDocument(rest)) {
        builder.complain(rest.document_start, code::kDocuments, "more than one document in the file",
                         "one file, one scenario: remove the `---` and put the rest elsewhere");
      }
    }
  } catch (const YAML::Exception& error) {
    const SyntaxMistake mistake = explain_syntax(plain, error.mark.line, error.mark.column, error.msg);
    YAML::Mark mark = error.mark;
    mark.line = mistake.line;
    mark.column = mistake.column;
    builder.complain(mark, code::kSyntax, "not valid YAML: " + mistake.message, mistake.hint);
  }
  return {std::move(builder.root), std::move(builder.diagnostics)};
}

const YamlNode* find_value(const YamlNode& map, const std::string& key) {
  for (size_t i = 0; i < map.keys.size() && i < map.items.size(); ++i) {
    if (map.keys[i].kind == YamlNode::Kind::kScalar && map.keys[i].text == key) return &map.items[i];
  }
  return nullptr;
}

YamlNode* find_value(YamlNode& map, const std::string& key) {
  return const_cast<YamlNode*>(find_value(static_cast<const YamlNode&>(map), key));
}

const YamlNode* find_key(const YamlNode& root, const std::string& path) {
  const size_t dot = path.find('.');
  const std::string name = path.substr(0, dot);
  for (size_t i = 0; i < root.keys.size() && i < root.items.size(); ++i) {
    if (root.keys[i].text != name) continue;
    return dot == std::string::npos ? &root.keys[i] : find_key(root.items[i], path.substr(dot + 1));
  }
  return nullptr;
}

void remove_key(YamlNode& map, const std::string& key) {
  for (size_t i = map.keys.size(); i-- > 0;) {
    if (map.keys[i].text != key) continue;
    map.keys.erase(map.keys.begin() + static_cast<std::ptrdiff_t>(i));
    map.items.erase(map.items.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void set_value(YamlNode& map, const std::string& key, YamlNode value) {
  if (YamlNode* const known = find_value(map, key)) {
    *known = std::move(value);
    return;
  }
  YamlNode name;
  name.kind = YamlNode::Kind::kScalar;
  name.text = key;
  name.position = value.position;
  map.keys.push_back(std::move(name));
  map.items.push_back(std::move(value));
}

}  // namespace crashwright::harness
