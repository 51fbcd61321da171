#include "harness/storage/node_table.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/check.h"

namespace crashwright::harness {
namespace {

void forget_name(ServedNode& node, const ServedNode& folder, std::string_view name) {
  std::erase_if(node.names, [&](const auto& known) { return known.first == &folder && known.second == name; });
}

}  // namespace

NodeTable::NodeTable() {
  auto root = std::make_unique<ServedNode>();
  root->id = kRootNode;
  root->mode = S_IFDIR | 0755;
  nodes_.emplace(kRootNode, std::move(root));
}

ServedNode* NodeTable::find(NodeId id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second.get();
}

ServedNode* NodeTable::child(ServedNode& folder, std::string_view name) {
  const auto found = folder.children.find(name);
  return found == folder.children.end() ? nullptr : found->second;
}

std::string NodeTable::path(const ServedNode& node) {
  if (node.id == kRootNode) return "/";
  if (node.names.empty()) return {};
  const ServedNode& folder = *node.names.front().first;
  const std::string above = path(folder);
  if (above.empty()) return {};
  return (folder.id == kRootNode ? "" : above) + "/" + node.names.front().second;
}

ServedNode& NodeTable::make(ServedNode& folder, std::string_view name, mode_t mode) {
  auto made = std::make_unique<ServedNode>();
  made->id = next_id_++;
  made->mode = mode;
  ServedNode& node = *made;
  nodes_.emplace(node.id, std::move(made));
  add_name(node, folder, name);
  return node;
}

void NodeTable::add_name(ServedNode& node, ServedNode& folder, std::string_view name) {
  const bool fresh = folder.children.emplace(std::string(name), &node).second;
  CRASHWRIGHT_CHECK(fresh, "a name leads to one node");
  node.names.emplace_back(&folder, std::string(name));
}

void NodeTable::remove_name(ServedNode& folder, std::string_view name) {
  const auto entry = folder.children.find(name);
  CRASHWRIGHT_CHECK(entry != folder.children.end(), "only a known name is removed");
  ServedNode& node = *entry->second;
  folder.children.erase(entry);
  forget_name(node, folder, name);
  drop_if_unused(node);
}

void NodeTable::rename(ServedNode& from, std::string_view name, ServedNode& to, std::string_view new_name) {
  ServedNode* const node = child(from, name);
  CRASHWRIGHT_CHECK(node != nullptr, "only a known name is renamed");
  ServedNode* const replaced = child(to, new_name);
  if (replaced == node) return;  // two names of one file: rename(2) leaves both
  if (replaced != nullptr) remove_name(to, new_name);
  from.children.erase(from.children.find(name));
  forget_name(*node, from, name);
  add_name(*node, to, new_name);
}

void NodeTable::exchange(ServedNode& one, std::string_view name, ServedNode& other, std::string_view other_name) {
  const auto first = one.children.find(name);
  const auto second = other.children.find(other_name);
  CRASHWRIGHT_CHECK(first != one.children.end() && second != other.children.end(), "only known names are exchanged");
  forget_name(*first->second, one, name);
  forget_name(*second->second, other, other_name);
  std::swap(first->second, second->second);
  first->second->names.emplace_back(&one, std::string(name));
  second->second->names.emplace_back(&other, std::string(other_name));
}

void NodeTable::drop_if_unused(ServedNode& node) {
  if (node.id == kRootNode || !node.names.empty() || node.opens > 0 || node.lookups > 0) return;
  CRASHWRIGHT_CHECK(node.children.empty(), "only an empty folder loses its name");
  nodes_.erase(node.id);
}

}  // namespace crashwright::harness
