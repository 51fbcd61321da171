// A folder tree in memory: operations are applied to it, and it is written out as a real folder.
//
// Threads: one owner. Errors: apply() ignores what has lost its ground (a write to a file whose creation did not
// survive); write_out() and equals_folder() report system errors.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/operation.h"

namespace crashwright::harness {

class TreeModel {
 public:
  TreeModel();

  void apply(const Operation& operation);
  // The node that `path` ("/a/b") names, if any.
  [[nodiscard]] std::optional<NodeId> find(const std::string& path) const;
  [[nodiscard]] bool is_folder(NodeId node) const;

  // Writes the tree below `folder`, which must exist and be empty.
  [[nodiscard]] Status write_out(const std::string& folder) const;
  // kInternal naming the first difference in names or content.
  [[nodiscard]] Status equals_folder(const std::string& folder) const;

 private:
  struct Node {
    bool folder = false;
    std::map<std::string, NodeId> children;
    std::vector<std::byte> content;
  };

  Node* node(NodeId id);
  void rename(const Operation& operation);
  [[nodiscard]] Status write_folder(const Node& from, const std::string& path) const;
  [[nodiscard]] Status compare_folder(const Node& with, const std::string& path) const;

  std::map<NodeId, Node> nodes_;
};

// Splits "/a/b/c" into "/a/b" and "c"; the root's parent is the root.
struct SplitPath {
  std::string parent;
  std::string name;
};
[[nodiscard]] SplitPath split_path(const std::string& path);

}  // namespace crashwright::harness
