#include "harness/storage/tree_model.h"

#include <algorithm>
#include <utility>

namespace crashwright::harness {
namespace {

constexpr uint32_t kPermissionBits = 07777;

TreeModel::NodeType type_made_by(OperationKind kind) {
  switch (kind) {
    case OperationKind::kMakeFolder:
      return TreeModel::NodeType::kFolder;
    case OperationKind::kMakeSymlink:
      return TreeModel::NodeType::kSymlink;
    case OperationKind::kMakeSpecial:
      return TreeModel::NodeType::kSpecial;
    default:
      return TreeModel::NodeType::kFile;
  }
}

}  // namespace

TreeModel::TreeModel() { nodes_[kRootNode].type = NodeType::kFolder; }

TreeModel::Node* TreeModel::mutable_node(NodeId id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

const TreeModel::Node* TreeModel::node(NodeId id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

void TreeModel::apply(const Operation& operation) {
  forget_times(operation);
  Node* const parent = mutable_node(operation.parent);
  switch (operation.kind) {
    case OperationKind::kCreate:
    case OperationKind::kMakeFolder:
    case OperationKind::kMakeSymlink:
    case OperationKind::kMakeSpecial:
      make(operation);
      return;
    case OperationKind::kLink:
      if (parent != nullptr && node(operation.node) != nullptr) {
        parent->children.insert_or_assign(std::string(operation.name), operation.node);
      }
      return;
    case OperationKind::kRename:
      rename(operation);
      return;
    case OperationKind::kExchange:
      exchange(operation);
      return;
    case OperationKind::kUnlink:
    case OperationKind::kRemoveFolder:
      if (parent != nullptr) parent->children.erase(std::string(operation.name));
      return;
    case OperationKind::kSetMode:
      if (Node* const target = mutable_node(operation.node); target != nullptr) {
        target->mode = (target->mode & ~kPermissionBits) | (static_cast<uint32_t>(operation.size) & kPermissionBits);
      }
      return;
    case OperationKind::kSetOwner:
      if (Node* const target = mutable_node(operation.node); target != nullptr) target->owner = operation.size;
      return;
    case OperationKind::kSetTimes:
      if (Node* const target = mutable_node(operation.node); target != nullptr)
        target->modified = time_set_by(operation);
      return;
    default:
      if (changes_content(operation.kind)) change_content(operation);
      return;
  }
}

// A change of a file, or of a folder's entries, happens in the present.
void TreeModel::forget_times(const Operation& operation) {
  for (const NodeId changed : nodes_modified_by(operation)) {
    if (Node* const target = mutable_node(changed); target != nullptr) target->modified.reset();
  }
}

void TreeModel::make(const Operation& operation) {
  Node* const parent = mutable_node(operation.parent);
  if (parent == nullptr) return;
  parent->children.insert_or_assign(std::string(operation.name), operation.node);
  Node& made = nodes_[operation.node];
  made.type = type_made_by(operation.kind);
  if (operation.size != 0) made.mode = static_cast<uint32_t>(operation.size);
  if (operation.kind == OperationKind::kMakeSymlink) made.content.write(0, operation.data);
}

void TreeModel::change_content(const Operation& operation) {
  Node* const target = mutable_node(operation.node);
  if (target == nullptr) return;
  switch (operation.kind) {
    case OperationKind::kWrite:
      target->content.write(operation.offset, operation.data);
      return;
    case OperationKind::kZero:
      target->content.zero(operation.offset, operation.size);
      return;
    case OperationKind::kTruncate:
      target->content.resize(operation.size);
      return;
    default:
      target->content.resize(std::max(target->content.size(), operation.size));
  }
}

void TreeModel::rename(const Operation& operation) {
  Node* const from = mutable_node(operation.parent);
  Node* const to = mutable_node(operation.new_parent);
  if (from == nullptr || to == nullptr) return;
  const auto entry = from->children.find(operation.name);
  if (entry == from->children.end()) return;
  const NodeId moved = entry->second;
  from->children.erase(entry);
  to->children.insert_or_assign(std::string(operation.new_name), moved);
}

void TreeModel::exchange(const Operation& operation) {
  Node* const one = mutable_node(operation.parent);
  Node* const other = mutable_node(operation.new_parent);
  if (one == nullptr || other == nullptr) return;
  const auto first = one->children.find(operation.name);
  const auto second = other->children.find(operation.new_name);
  if (first == one->children.end() || second == other->children.end()) return;
  std::swap(first->second, second->second);
}

std::optional<NodeId> TreeModel::find(const std::string& path) const {
  NodeId current = kRootNode;
  for (size_t begin = 1; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const Node* const holder = node(current);
    if (holder == nullptr) return std::nullopt;
    const auto child = holder->children.find(path.substr(begin, end - begin));
    if (child == holder->children.end()) return std::nullopt;
    current = child->second;
    begin = end + 1;
  }
  return current;
}

}  // namespace crashwright::harness
