// The names and nodes of a served tree: which name leads to which node, and where a node lies in the backing folder.
//
// Nodes are the record's (operation.h): numbered in order of creation, never reused. A node without a name lives on
// while it is open or the kernel remembers it.
// Threads: guarded by the core's lock; an open node's `fd` may be read without it.
// Errors: none, misuse is a failed check.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "harness/storage/operation.h"

namespace crashwright::harness {

struct ServedNode {
  NodeId id = kNoNode;
  mode_t mode = 0;                                         // with its type; the backing file may allow its owner more
  std::vector<std::pair<ServedNode*, std::string>> names;  // folders have one, the root none
  std::map<std::string, ServedNode*, std::less<>> children;
  UniqueFd fd;  // of a regular file while it is open: for reading and writing
  uint32_t opens = 0;
  uint64_t lookups = 0;              // what the kernel remembers
  bool direct = false;               // was open for direct I/O at some time
  bool timed = false;                // its time of modification was set to another than the present
  std::vector<pid_t> implied_syncs;  // threads whose synchronous write will be followed by the kernel's own fsync
};

class NodeTable {
 public:
  NodeTable();

  [[nodiscard]] ServedNode& root() { return *nodes_.at(kRootNode); }
  [[nodiscard]] ServedNode* find(NodeId id);                                          // null: no such node
  [[nodiscard]] static ServedNode* child(ServedNode& folder, std::string_view name);  // null: no such name
  // "/a/b" by one of its names; empty for a node without a name; "/" for the root.
  [[nodiscard]] static std::string path(const ServedNode& node);

  [[nodiscard]] NodeId next_id() const { return next_id_; }
  ServedNode& make(ServedNode& folder, std::string_view name, mode_t mode);
  static void add_name(ServedNode& node, ServedNode& folder, std::string_view name);
  void remove_name(ServedNode& folder, std::string_view name);
  // `to` takes the name's node; what had the new name before loses it.
  void rename(ServedNode& from, std::string_view name, ServedNode& to, std::string_view new_name);
  static void exchange(ServedNode& one, std::string_view name, ServedNode& other, std::string_view other_name);
  // Drops the node when nothing refers to it any more.
  void drop_if_unused(ServedNode& node);

 private:
  std::unordered_map<NodeId, std::unique_ptr<ServedNode>> nodes_;
  NodeId next_id_ = kRootNode + 1;
};

}  // namespace crashwright::harness
