#include "harness/storage/tree_model.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"

namespace crashwright::harness {
namespace {

std::string_view as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

SplitPath split_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"/", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

TreeModel::TreeModel() { nodes_[kRootNode].folder = true; }

TreeModel::Node* TreeModel::node(NodeId id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

void TreeModel::apply(const Operation& operation) {
  Node* const parent = node(operation.parent);
  Node* const target = node(operation.node);
  switch (operation.kind) {
    case OperationKind::kCreate:
    case OperationKind::kMakeFolder:
      if (parent == nullptr) return;
      parent->children[operation.name] = operation.node;
      nodes_[operation.node].folder = operation.kind == OperationKind::kMakeFolder;
      return;
    case OperationKind::kLink:
      if (parent != nullptr && target != nullptr) parent->children[operation.name] = operation.node;
      return;
    case OperationKind::kWrite:
      if (target == nullptr) return;
      if (target->content.size() < operation.offset + operation.data.size()) {
        target->content.resize(operation.offset + operation.data.size());
      }
      std::copy(operation.data.begin(), operation.data.end(),
                target->content.begin() + static_cast<ptrdiff_t>(operation.offset));
      return;
    case OperationKind::kTruncate:
      if (target != nullptr) target->content.resize(operation.size);
      return;
    case OperationKind::kRename:
      rename(operation);
      return;
    case OperationKind::kUnlink:
    case OperationKind::kRemoveFolder:
      if (parent != nullptr) parent->children.erase(operation.name);
      return;
    case OperationKind::kSyncFile:
    case OperationKind::kSyncFolder:
      return;
  }
}

void TreeModel::rename(const Operation& operation) {
  Node* const from = node(operation.parent);
  Node* const to = node(operation.new_parent);
  if (from == nullptr || to == nullptr) return;
  const auto entry = from->children.find(operation.name);
  if (entry == from->children.end()) return;
  const NodeId moved = entry->second;
  from->children.erase(entry);
  to->children[operation.new_name] = moved;
}

std::optional<NodeId> TreeModel::find(const std::string& path) const {
  NodeId current = kRootNode;
  for (size_t begin = 1; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const auto holder = nodes_.find(current);
    if (holder == nodes_.end()) return std::nullopt;
    const auto child = holder->second.children.find(path.substr(begin, end - begin));
    if (child == holder->second.children.end()) return std::nullopt;
    current = child->second;
    begin = end + 1;
  }
  return current;
}

bool TreeModel::is_folder(NodeId id) const {
  const auto found = nodes_.find(id);
  return found != nodes_.end() && found->second.folder;
}

Status TreeModel::write_out(const std::string& folder) const { return write_folder(nodes_.at(kRootNode), folder); }

Status TreeModel::write_folder(const Node& from, const std::string& path) const {
  for (const auto& [name, id] : from.children) {
    const Node& child = nodes_.at(id);
    const std::string child_path = path + "/" + name;
    if (!child.folder) {
      if (auto written = write_file(child_path, as_text(child.content)); !written) return written;
      continue;
    }
    if (::mkdir(child_path.c_str(), 0755) != 0) return fail_errno(errno, "make folder " + child_path);
    if (auto written = write_folder(child, child_path); !written) return written;
  }
  return {};
}

Status TreeModel::equals_folder(const std::string& folder) const {
  return compare_folder(nodes_.at(kRootNode), folder);
}

Status TreeModel::compare_folder(const Node& with, const std::string& path) const {
  size_t entries = 0;
  std::error_code trouble;
  for (const auto& entry : std::filesystem::directory_iterator(path, trouble)) {
    ++entries;
    const std::string name = entry.path().filename();
    if (!with.children.contains(name)) {
      return fail(ErrorKind::kInternal, "storage record: " + entry.path().string() + " exists but was never recorded");
    }
  }
  if (trouble) return fail(ErrorKind::kIo, "list " + path + ": " + trouble.message());
  if (entries != with.children.size()) {
    return fail(ErrorKind::kInternal, "storage record: " + path + " lacks an entry that was recorded");
  }
  for (const auto& [name, id] : with.children) {
    const Node& child = nodes_.at(id);
    const std::string child_path = path + "/" + name;
    if (child.folder) {
      if (auto same = compare_folder(child, child_path); !same) return same;
      continue;
    }
    const auto content = read_file(child_path);
    if (!content) return tl::unexpected(content.error());
    if (*content != as_text(child.content)) {
      return fail(ErrorKind::kInternal, "storage record: " + child_path + " differs from the replay of its operations");
    }
  }
  return {};
}

}  // namespace crashwright::harness
