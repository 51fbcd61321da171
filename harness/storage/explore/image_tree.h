// A folder tree by node numbers: what an image holds, changed one operation at a time.
//
// Two levels: a whole tree, or an overlay that holds only what differs from the tree below it, so that a crash state
// costs what it changes and not what the folder holds.
// Threads: one owner. Errors: apply() ignores what has lost its ground (an entry in a folder that does not exist).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/storage/explore/image_content.h"
#include "harness/storage/operation.h"

namespace crashwright::harness {

// One name in one folder.
struct Slot {
  NodeId folder = kRootNode;
  std::string name;
  auto operator<=>(const Slot&) const = default;
};

// Mode and owner, where they were set after the node was made, and a time of modification that is not the present.
struct NodeAttributes {
  std::optional<uint32_t> mode;
  std::optional<uint64_t> owner;     // as in kSetOwner
  std::optional<timespec> modified;  // as in kSetTimes, unless it was changed later
  uint32_t timed_at = 0;             // the operation that set `modified`
  uint32_t modified_at = 0;          // the last one that changed its content or, of a folder, its entries
  [[nodiscard]] std::optional<timespec> time() const { return timed_at > modified_at ? modified : std::nullopt; }
  [[nodiscard]] uint64_t hash() const;
};

class ImageTree {
 public:
  // `below` outlives the tree, which never changes it but for remembered hashes; null: an empty tree.
  explicit ImageTree(ImageTree* below = nullptr) : below_(below) {}

  // Changes of names. kNoNode: nothing there.
  [[nodiscard]] NodeId at(const Slot& slot) const;
  void put(Slot slot, NodeId node) { entries_[std::move(slot)] = node; }
  void apply_tree(const Operation& operation);

  [[nodiscard]] const ImageContent& content(NodeId node) const;
  ImageContent& edit(NodeId node);  // copies it up from below first
  [[nodiscard]] uint64_t content_hash(NodeId node);

  [[nodiscard]] NodeAttributes attributes(NodeId node) const;
  // `index`: of the operation. Of a change of content or names: only for nodes whose times are set at some time.
  void set_attribute(const Operation& operation, uint32_t index);
  void note_modified(NodeId node, uint32_t index);

  // Of this level alone.
  [[nodiscard]] const std::map<Slot, NodeId>& entries() const { return entries_; }
  [[nodiscard]] std::vector<NodeId> changed_nodes() const;  // in content or attributes

 private:
  ImageTree* below_;
  std::map<Slot, NodeId> entries_;
  std::unordered_map<NodeId, ImageContent> contents_;
  std::unordered_map<NodeId, NodeAttributes> attributes_;
};

// Applies the part of a write, zeroing or change of size that is not lost.
void apply_content(const Operation& operation, const std::vector<uint64_t>* lost_units, uint32_t unit_bytes,
                   ImageContent& content);

}  // namespace crashwright::harness
