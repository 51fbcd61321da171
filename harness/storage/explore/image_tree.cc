#include "harness/storage/explore/image_tree.h"

#include <algorithm>

#include "harness/storage/explore/crash_state.h"

namespace crashwright::harness {
namespace {

const ImageContent kEmpty;

void apply_piece(const Operation& operation, uint64_t begin, uint64_t end, ImageContent& content) {
  if (operation.kind == OperationKind::kZero) return content.zero(begin, end - begin);
  content.write(begin, operation.data.subspan(begin - operation.offset, end - begin));
}

}  // namespace

NodeId ImageTree::at(const Slot& slot) const {
  const auto found = entries_.find(slot);
  if (found != entries_.end()) return found->second;
  return below_ == nullptr ? kNoNode : below_->at(slot);
}

void ImageTree::apply_tree(const Operation& operation) {
  Slot from{operation.parent, std::string(operation.name)};
  switch (operation.kind) {
    case OperationKind::kCreate:
    case OperationKind::kMakeFolder:
    case OperationKind::kMakeSymlink:
    case OperationKind::kMakeSpecial:
    case OperationKind::kLink:
      put(std::move(from), operation.node);
      break;
    case OperationKind::kUnlink:
    case OperationKind::kRemoveFolder:
      if (at(from) == operation.node) put(std::move(from), kNoNode);
      break;
    case OperationKind::kRename:
    case OperationKind::kExchange: {
      if (at(from) != operation.node) return;
      Slot to{operation.new_parent, std::string(operation.new_name)};
      const NodeId other = operation.kind == OperationKind::kExchange ? at(to) : kNoNode;
      put(std::move(from), other);
      put(std::move(to), operation.node);
      break;
    }
    default:
      break;
  }
  if (operation.kind == OperationKind::kMakeSymlink) edit(operation.node).write(0, operation.data);
}

const ImageContent& ImageTree::content(NodeId node) const {
  const auto found = contents_.find(node);
  if (found != contents_.end()) return found->second;
  return below_ == nullptr ? kEmpty : below_->content(node);
}

ImageContent& ImageTree::edit(NodeId node) {
  const auto found = contents_.find(node);
  if (found != contents_.end()) return found->second;
  if (below_ == nullptr) return contents_.emplace(node, kEmpty).first->second;
  // Hashed before it is copied: otherwise every copy would hash what is not its own change.
  static_cast<void>(below_->content_hash(node));
  return contents_.emplace(node, below_->content(node)).first->second;
}

uint64_t ImageTree::content_hash(NodeId node) {
  const auto found = contents_.find(node);
  if (found != contents_.end()) return found->second.hash();
  return below_ == nullptr ? 0 : below_->content_hash(node);
}

uint64_t NodeAttributes::hash() const {
  const uint64_t by_mode = mode ? mix(1, *mode) : 0;
  const auto set = time();
  const uint64_t by_time =
      set ? mix(3, mix(static_cast<uint64_t>(set->tv_sec), static_cast<uint64_t>(set->tv_nsec))) : 0;
  return by_mode + by_time + (owner ? mix(2, *owner) : 0);
}

NodeAttributes ImageTree::attributes(NodeId node) const {
  const auto found = attributes_.find(node);
  if (found != attributes_.end()) return found->second;
  return below_ == nullptr ? NodeAttributes() : below_->attributes(node);
}

void ImageTree::set_attribute(const Operation& operation, uint32_t index) {
  NodeAttributes changed = attributes(operation.node);
  if (operation.kind == OperationKind::kSetMode) changed.mode = static_cast<uint32_t>(operation.size);
  if (operation.kind == OperationKind::kSetOwner) changed.owner = operation.size;
  if (operation.kind == OperationKind::kSetTimes) {
    changed.modified = time_set_by(operation);
    changed.timed_at = index;
  }
  attributes_[operation.node] = changed;
}

// In any order: names come before contents here, whichever was first.
void ImageTree::note_modified(NodeId node, uint32_t index) {
  NodeAttributes changed = attributes(node);
  changed.modified_at = std::max(changed.modified_at, index);
  attributes_[node] = changed;
}

std::vector<NodeId> ImageTree::changed_nodes() const {
  std::vector<NodeId> nodes;
  for (const auto& [node, content] : contents_) nodes.push_back(node);
  for (const auto& [node, attributes] : attributes_) nodes.push_back(node);
  return nodes;
}

void apply_content(const Operation& operation, const std::vector<uint64_t>* lost_units, uint32_t unit_bytes,
                   ImageContent& content) {
  if (!changes_data(operation.kind)) return content.resize(operation.size);
  const uint64_t end = operation.offset + operation.size;
  if (lost_units == nullptr) return apply_piece(operation, operation.offset, end, content);
  const UnitRange range = units_of(operation, unit_bytes);
  uint64_t begin = operation.offset;
  for (uint64_t unit = range.first; unit <= range.last; ++unit) {
    const uint64_t unit_end = std::min(end, (unit + 1) * unit_bytes);
    if (!std::binary_search(lost_units->begin(), lost_units->end(), unit)) {
      apply_piece(operation, begin, unit_end, content);
    }
    begin = unit_end;
  }
}

}  // namespace crashwright::harness
