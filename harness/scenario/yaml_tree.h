// YAML text to a tree that remembers where every key and value stands, within limits.
//
// A subset on purpose: maps, lists and scalars. Anchors, aliases, tags, merge keys and a second document are refused,
// so a small file cannot unfold into a large one. Plain and quoted scalars are told apart; no scalar is interpreted.
// Text is UTF-8, with or without a byte order mark, lines end in LF or CRLF; control characters are refused.
// Limits: 64 KiB a file, 5,000 nodes, 12 levels.
// Threads: free functions. Errors: diagnostics; yaml-cpp's exceptions end here.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/diagnostic.h"

namespace crashwright::harness {

inline constexpr size_t kScenarioBytesMax = 64 * 1024;
inline constexpr size_t kYamlNodesMax = 5'000;
inline constexpr size_t kYamlDepthMax = 12;

struct YamlNode {
  enum class Kind { kNull, kScalar, kMap, kList } kind = Kind::kNull;
  SourcePosition position;
  std::string text;             // scalars
  bool quoted = false;          // scalars
  std::vector<YamlNode> keys;   // maps: keys[i] belongs to items[i]
  std::vector<YamlNode> items;  // maps and lists
};

[[nodiscard]] const char* yaml_kind_name(YamlNode::Kind kind) noexcept;  // "a map", "a list", "a value", "nothing"

struct YamlResult {
  YamlNode root;  // meaningful when there are no diagnostics
  std::vector<Diagnostic> diagnostics;
};

[[nodiscard]] Diagnostic too_large(const std::string& file, uint64_t bytes);

// `file` is used in diagnostics only; `source` is the number that positions carry (source_set.h).
[[nodiscard]] YamlResult parse_yaml(const std::string& file, const std::string& text, uint32_t source = 0);

// The value of a key of a map, the first if there are two; null: no such key, or no map.
[[nodiscard]] const YamlNode* find_value(const YamlNode& map, const std::string& key);
// The key itself, by its path through maps: "storage.explore"; null when it is not written.
[[nodiscard]] const YamlNode* find_key(const YamlNode& root, const std::string& path);
[[nodiscard]] YamlNode* find_value(YamlNode& map, const std::string& key);
void remove_key(YamlNode& map, const std::string& key);
void set_value(YamlNode& map, const std::string& key, YamlNode value);  // of a new key at the end, or instead

}  // namespace crashwright::harness
