#include "harness/storage/explore/image_builder.h"

#include <algorithm>

namespace crashwright::harness {

namespace {

constexpr uint32_t kSettledKeptMax = 4'096;  // operations of a stream that are applied and still listed
constexpr uint32_t kSettleEvery = 65'536;    // operations, while a crash point far ahead is gone to

void add_slots(const Operation& operation, std::set<Slot>& slots) {
  if (!changes_names(operation.kind)) return;
  slots.insert({operation.parent, std::string(operation.name)});
  const bool two = operation.kind == OperationKind::kRename || operation.kind == OperationKind::kExchange;
  if (two) slots.insert({operation.new_parent, std::string(operation.new_name)});
}

}  // namespace

ImageBuilder::ImageBuilder(const DurabilityModel& model) : model_(model) {
  std::set<NodeId> initial;
  for (uint32_t i = 0; i < model.recording.size(); ++i) {
    const Operation& operation = model.recording.operations[i];
    if (i < model.recording.initial) {
      initial.insert(operation.node);
      continue;
    }
    add_slots(operation, slots_ever_);
    if (operation.kind == OperationKind::kSetTimes) timed_.insert(operation.node);
    if (!changes_content(operation.kind) && !changes_attributes(operation.kind)) continue;
    files_ever_.insert(operation.node);
    if (initial.contains(operation.node)) rewritten_.insert(operation.node);
  }
  restart();
}

void ImageBuilder::restart() {
  touched_.slots.insert(slots_ever_.begin(), slots_ever_.end());
  touched_.nodes.insert(files_ever_.begin(), files_ever_.end());
  stable_ = ImageTree();
  image_ = ImageTree(&stable_);
  names_ = {};
  files_.clear();
  unsettled_.clear();
  point_ = 0;
  advance(model_.recording.initial);
}

ImageBuilder::Stream& ImageBuilder::stream_of(const Operation& operation) {
  return changes_content(operation.kind) ? files_[operation.node] : names_;
}

void ImageBuilder::note_modified(uint32_t index, ImageTree& tree) {
  for (const NodeId modified : nodes_modified_by(model_.recording.operations[index])) {
    if (!timed_.contains(modified)) continue;
    tree.note_modified(modified, index);
    touched_.nodes.insert(modified);
  }
}

void ImageBuilder::apply(uint32_t index, const std::vector<uint64_t>* lost_units, ImageTree& tree) {
  const Operation& operation = model_.recording.operations[index];
  note_modified(index, tree);
  if (changes_attributes(operation.kind)) {
    tree.set_attribute(operation, index);
    touched_.nodes.insert(operation.node);
    return;
  }
  if (changes_tree(operation.kind)) {
    add_slots(operation, touched_.slots);
    tree.apply_tree(operation);
    return;
  }
  apply_content(operation, lost_units, model_.profile.tear_unit_bytes, tree.edit(operation.node));
  touched_.nodes.insert(operation.node);
}

// The size that a lost write leaves.
void ImageBuilder::grow(uint32_t index, uint64_t size) {
  const NodeId node = model_.recording.operations[index].node;
  if (image_.content(node).size() >= size) return;
  note_modified(index, image_);
  image_.edit(node).resize(size);
  touched_.nodes.insert(node);
}

void ImageBuilder::settle(Stream& stream, uint32_t point) {
  std::vector<uint32_t>& operations = stream.operations;
  while (stream.applied < operations.size() && model_.durable[operations[stream.applied]] < point) {
    apply(operations[stream.applied++], nullptr, stable_);
  }
  if (stream.applied < kSettledKeptMax || stream.applied * 2 < operations.size()) return;
  operations.erase(operations.begin(), operations.begin() + static_cast<ptrdiff_t>(stream.applied));
  stream.applied = 0;
}

void ImageBuilder::advance(uint32_t point) {
  for (; point_ < point; ++point_) {
    const Operation& operation = model_.recording.operations[point_];
    if (!changes_content(operation.kind) && !changes_tree(operation.kind)) continue;
    stream_of(operation).operations.push_back(point_);
    if (changes_content(operation.kind)) unsettled_.insert(operation.node);
    if (point_ % kSettleEvery == 0) settle_all(point);
  }
  settle_all(point);
}

void ImageBuilder::settle_all(uint32_t point) {
  settle(names_, point);
  for (auto node = unsettled_.begin(); node != unsettled_.end();) {
    Stream& stream = files_[*node];
    settle(stream, point);
    node = stream.applied == stream.operations.size() ? unsettled_.erase(node) : std::next(node);
  }
}

void ImageBuilder::replay(const Stream& stream, const CrashState& state) {
  if (stream.applied == stream.operations.size()) return;
  LossCursor losses(state.losses, stream.operations[stream.applied]);
  for (size_t i = stream.applied; i < stream.operations.size(); ++i) {
    const uint32_t index = stream.operations[i];
    const Loss* const loss = losses.at(index);
    if (loss == nullptr) {
      apply(index, nullptr, image_);
      continue;
    }
    if (!loss->units.empty()) apply(index, &loss->units, image_);
    if (loss->size_kept > 0) grow(index, size_left(*loss, model_.recording.operations[index]));
  }
}

ImageTree& ImageBuilder::build(const CrashState& state) {
  for (const auto& [slot, node] : image_.entries()) touched_.slots.insert(slot);
  for (const NodeId node : image_.changed_nodes()) touched_.nodes.insert(node);
  image_ = ImageTree(&stable_);
  if (state.point < point_) restart();
  advance(state.point);
  replay(names_, state);
  for (const NodeId node : unsettled_) replay(files_[node], state);
  for (const auto& [slot, node] : image_.entries()) touched_.slots.insert(slot);
  for (const NodeId node : image_.changed_nodes()) touched_.nodes.insert(node);
  return image_;
}

uint64_t ImageBuilder::hash() {
  uint64_t sum = 0;
  for (const Slot& slot : slots_ever_) {
    const NodeId node = image_.at(slot);
    if (node == kNoNode) continue;
    const uint64_t name = hash_bytes(std::as_bytes(std::span(slot.name)), slot.folder);
    sum += mix(name, image_.content_hash(node) + image_.attributes(node).hash());
  }
  for (const NodeId node : rewritten_) {
    sum += mix(node, image_.content_hash(node) + image_.attributes(node).hash());
  }
  return sum;
}

void ImageBuilder::take_touched(Touched& touched) {
  touched.slots.merge(touched_.slots);
  touched.nodes.merge(touched_.nodes);
  touched_ = {};
}

}  // namespace crashwright::harness
