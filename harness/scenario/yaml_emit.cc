#include "harness/scenario/yaml_emit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace crashwright::harness {
namespace {

// Words that a reader takes for nothing; quoted they are words.
constexpr std::array<std::string_view, 5> kNothing = {"~", "null", "Null", "NULL", ""};

bool reads_as_itself(const std::string& text) {
  if (std::find(kNothing.begin(), kNothing.end(), text) != kNothing.end()) return false;
  const auto safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./+%").find(c) != std::string_view::npos;
  };
  // A number below zero: a dash and a digit.
  const bool negative = text.size() > 1 && text.front() == '-' && text[1] >= '0' && text[1] <= '9';
  // A dash, a colon or a space inside a text is plain, at its ends it is not; a colon before a space ends a key.
  const auto inner = [&](char c) { return safe(c) || c == '-' || c == ':' || c == ' '; };
  if (text.find(": ") != std::string::npos || text.front() == '%') return false;
  return (safe(text.front()) || negative) && safe(text.back()) && std::all_of(text.begin(), text.end(), inner);
}

std::string scalar(const YamlNode& node) {
  if (!node.quoted && reads_as_itself(node.text)) return node.text;
  std::string quoted = "\"";
  for (const char c : node.text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

bool is_list_of_maps(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kList && !node.items.empty() &&
         std::all_of(node.items.begin(), node.items.end(),
                     [](const YamlNode& item) { return item.kind == YamlNode::Kind::kMap && !item.keys.empty(); });
}

// "sigkill: {at: a.b}", the keys of a map without its braces; those after the first at `indent`.
std::string open_map(const YamlNode& map, const std::string& indent) {
  std::string text;
  for (size_t i = 0; i < map.keys.size(); ++i) {
    const std::string value = emit_yaml_inline(map.items[i]);
    text += (i > 0 ? indent : "") + emit_yaml_inline(map.keys[i]) + (value.empty() ? ":" : ": ") + value + "\n";
  }
  return text;
}

}  // namespace

std::string emit_yaml_inline(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "";
    case YamlNode::Kind::kScalar:
      return scalar(node);
    case YamlNode::Kind::kMap:
      for (size_t i = 0; i < node.keys.size(); ++i) {
        const std::string value = emit_yaml_inline(node.items[i]);
        text += (i > 0 ? ", " : "") + emit_yaml_inline(node.keys[i]) + (value.empty() ? ":" : ": ") + value;
      }
      return "{" + text + "}";
    case YamlNode::Kind::kList:
      for (size_t i = 0; i < node.items.size(); ++i) {
        const std::string value = emit_yaml_inline(node.items[i]);
        text += (i > 0 ? ", " : "") + (value.empty() ? "~" : value);
      }
      return "[" + text + "]";
  }
  return text;
}

std::string emit_yaml(const YamlNode& root) {
  std::string text;
  for (size_t i = 0; i < root.keys.size(); ++i) {
    text += emit_yaml_inline(root.keys[i]) + ":";
    if (!is_list_of_maps(root.items[i])) {
      const std::string value = emit_yaml_inline(root.items[i]);
      text += (value.empty() ? "" : " ") + value + "\n";
      continue;
    }
    text += "\n";
    for (const YamlNode& item : root.items[i].items) text += "  - " + open_map(item, "    ");
  }
  return text;
}

}  // namespace crashwright::harness
