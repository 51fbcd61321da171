// A folder tree in memory: operations are applied to it, and it is written out as a real folder or compared with one.
//
// Contents are pieces of the record that the operations came from (file_content.h); the record must outlive the tree.
// Threads: one owner. Errors: apply() ignores what has lost its ground (a write to a file whose creation did not
// survive); write_out() and equals_folder() report system errors.
#pragma once

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/file_content.h"
#include "harness/storage/operation.h"

namespace crashwright::harness {

class TreeModel {
 public:
  enum class NodeType : uint8_t { kFile, kFolder, kSymlink, kSpecial };
  struct Node {
    NodeType type = NodeType::kFile;
    uint32_t mode = 0644;              // of a special file with its type
    std::optional<uint64_t> owner;     // as in kSetOwner, where it was set
    std::optional<timespec> modified;  // as in kSetTimes, until the next change
    std::map<std::string, NodeId, std::less<>> children;
    FileContent content;  // of a symbolic link: its target
  };

  TreeModel();

  void apply(const Operation& operation);
  // The node that `path` ("/a/b") names, if any.
  [[nodiscard]] std::optional<NodeId> find(const std::string& path) const;
  // Null for a node that was never made. Nodes without a name stay, as unlinked files that are still open do.
  [[nodiscard]] const Node* node(NodeId id) const;

  // Writes the tree below `folder`, which must exist and be empty.
  [[nodiscard]] Status write_out(const std::string& folder) const;
  // kInternal naming the first difference in names, kinds or content.
  [[nodiscard]] Status equals_folder(const std::string& folder) const;

 private:
  Node* mutable_node(NodeId id);
  void make(const Operation& operation);
  void change_content(const Operation& operation);
  void rename(const Operation& operation);
  void exchange(const Operation& operation);
  void forget_times(const Operation& operation);

  std::map<NodeId, Node> nodes_;
};

}  // namespace crashwright::harness
