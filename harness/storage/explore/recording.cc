#include "harness/storage/explore/recording.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <unordered_map>

#include "harness/storage/journal_commits.h"

namespace crashwright::harness {
namespace {

// Follows names and sizes so that operations can be told in paths.
class Namer {
 public:
  std::string before(const Operation& operation) {
    switch (operation.kind) {
      case OperationKind::kRename:
      case OperationKind::kExchange:
        return join(operation.parent, operation.name) + " to " + join(operation.new_parent, operation.new_name);
      case OperationKind::kCreate:
      case OperationKind::kMakeFolder:
      case OperationKind::kMakeSymlink:
      case OperationKind::kMakeSpecial:
      case OperationKind::kLink:
      case OperationKind::kUnlink:
      case OperationKind::kRemoveFolder:
        return join(operation.parent, operation.name);
      default:
        return path_of(operation.node);
    }
  }

  void apply(const Operation& operation) {
    switch (operation.kind) {
      case OperationKind::kCreate:
      case OperationKind::kMakeFolder:
      case OperationKind::kMakeSymlink:
      case OperationKind::kMakeSpecial:
      case OperationKind::kLink:
        place_[operation.node] = {operation.parent, std::string(operation.name)};
        return;
      case OperationKind::kRename:
        place_[operation.node] = {operation.new_parent, std::string(operation.new_name)};
        return;
      case OperationKind::kExchange:
        place_[operation.node] = {operation.new_parent, std::string(operation.new_name)};
        place_[operation.replaced] = {operation.parent, std::string(operation.name)};
        return;
      default:
        return;
    }
  }

 private:
  std::string path_of(NodeId node) const {
    const auto found = place_.find(node);
    if (node == kRootNode || found == place_.end()) return ".";
    return join(found->second.first, found->second.second);
  }
  std::string join(NodeId parent, std::string_view name) const {
    const std::string above = path_of(parent);
    return above == "." ? std::string(name) : above + "/" + std::string(name);
  }

  std::unordered_map<NodeId, std::pair<NodeId, std::string>> place_;
};

uint64_t end_of(const Operation& operation) { return operation.offset + operation.data.size(); }

// Everything that waits for a sync, by what can make it durable.
class Pending {
 public:
  Pending(const Recording& recording, const StorageProfile& profile, std::vector<uint32_t>& durable)
      : operations_(recording.operations), profile_(profile), durable_(durable) {
    if (profile.file_sync_commits_metadata) commits_.emplace(operations_, FreshBlocks(operations_));
  }

  void add(uint32_t index) {
    const Operation& operation = operations_[index];
    if (changes_content(operation.kind)) content_[operation.node].push_back(index);
    if (is_metadata(operation)) metadata_.push_back(index);
  }

  void sync_file(uint32_t at) {
    take_content(operations_[at].node, at, [](const Operation&) { return true; });
    if (commits_) return commit_journal(at);
    // fdatasync need not save mode and owner.
    if (operations_[at].kind == OperationKind::kSyncFile) take_attributes(operations_[at].node, at);
  }

  // Its own bytes; earlier writes to the same tear units go with them, and so do earlier changes of the size.
  void sync_range(uint32_t at) {
    const uint64_t unit = profile_.tear_unit_bytes;
    const uint64_t begin = operations_[at].offset / unit * unit;
    const uint64_t end = (operations_[at].offset + operations_[at].size + unit - 1) / unit * unit;
    take_content(operations_[at].node, at, [&](const Operation& operation) {
      if (operation.kind == OperationKind::kTruncate || operation.kind == OperationKind::kAllocate) return true;
      const uint64_t last =
          operation.kind == OperationKind::kZero ? operation.offset + operation.size : end_of(operation);
      return operation.offset >= begin && last <= end;
    });
    if (commits_) commit_journal(at);
  }

  void sync_folder(uint32_t at) {
    if (profile_.folder_sync_commits_metadata) return commit_all(at);
    const NodeId folder = operations_[at].node;
    std::erase_if(metadata_, [&](uint32_t index) {
      const Operation& operation = operations_[index];
      const bool entry = changes_names(operation.kind);
      if (!entry || (operation.parent != folder && operation.new_parent != folder)) return false;
      durable_[index] = at;
      return true;
    });
    take_attributes(folder, at);
  }

  void sync_all(uint32_t at) {
    for (auto& [node, waiting] : content_) {
      for (const uint32_t index : waiting) durable_[index] = std::min(durable_[index], at);
    }
    content_.clear();
    commit_all(at);
  }

  // What a failed sync should have saved is lost for good.
  void fail_sync(uint32_t at) { content_.erase(operations_[at].node); }

 private:
  template <typename Meant>
  void take_content(NodeId node, uint32_t at, Meant meant) {
    const auto waiting = content_.find(node);
    if (waiting == content_.end()) return;
    std::erase_if(waiting->second, [&](uint32_t index) {
      if (!meant(operations_[index])) return false;
      durable_[index] = std::min(durable_[index], at);
      return true;
    });
    if (waiting->second.empty()) content_.erase(waiting);
  }

  void take_attributes(NodeId node, uint32_t at) {
    std::erase_if(metadata_, [&](uint32_t index) {
      if (!changes_attributes(operations_[index].kind) || operations_[index].node != node) return false;
      durable_[index] = std::min(durable_[index], at);
      return true;
    });
  }

  // Where this sync of a file has something of its own to commit.
  void commit_journal(uint32_t at) {
    if (commits_->at(at)) commit_all(at);
  }

  void commit_all(uint32_t at) {
    for (const uint32_t index : metadata_) durable_[index] = std::min(durable_[index], at);
    metadata_.clear();
  }

  const OperationList& operations_;
  const StorageProfile& profile_;
  std::vector<uint32_t>& durable_;
  std::optional<JournalCommits> commits_;
  std::unordered_map<NodeId, std::vector<uint32_t>> content_;
  std::vector<uint32_t> metadata_;
};

// A rename that survives takes what made the name it moved with it, whatever folder that stood in.
void keep_the_ground(const Recording& recording, std::vector<uint32_t>& durable) {
  std::unordered_map<NodeId, std::vector<uint32_t>> changes;
  for (uint32_t i = recording.initial; i < recording.size(); ++i) {
    const Operation& operation = recording.operations[i];
    if (!changes_names(operation.kind)) continue;
    auto& earlier = changes[operation.node];
    const bool moves = operation.kind == OperationKind::kRename || operation.kind == OperationKind::kExchange;
    if (moves) {
      for (const uint32_t before : earlier) durable[before] = std::min(durable[before], durable[i]);
    }
    earlier.push_back(i);
  }
}

struct FileSize {
  uint64_t now = 0;
  uint64_t largest = 0;
};

void note_node(const Operation& operation, std::unordered_map<NodeId, FileSize>& sizes, Recording& made) {
  auto& [size, largest] = sizes[operation.node];
  const uint64_t before = size;
  if (operation.kind == OperationKind::kWrite) size = std::max(size, end_of(operation));
  if (operation.kind == OperationKind::kTruncate || operation.kind == OperationKind::kAllocate) {
    size = operation.size;
  }
  if (size > largest) {
    made.image_bytes += size - largest;
    largest = size;
  }
  made.sizes.push_back(size < before ? SizeChange::kShrinks : size > before ? SizeChange::kGrows : SizeChange::kNone);
  made.nodes = std::max(made.nodes, operation.node + 1);
}

}  // namespace

uint32_t Recording::acked(uint32_t point) const {
  return static_cast<uint32_t>(std::upper_bound(acked_before.begin(), acked_before.end(), point) -
                               acked_before.begin());
}

bool may_be_cut(const Operation& operation) noexcept {
  constexpr uint8_t kOtherwise = kFromMapping | kDirect | kByFault | kInitial;
  if (operation.kind != OperationKind::kWrite || (operation.flags & kOtherwise) != 0 || operation.size < 2)
    return false;
  return operation.offset / kFileBlockBytes != (operation.offset + operation.size - 1) / kFileBlockBytes;
}

Recording make_recording(OperationList recorded) {
  Recording made;
  Namer namer;
  std::unordered_map<NodeId, FileSize> sizes;
  made.paths.reserve(recorded.size());
  made.sizes.reserve(recorded.size());
  for (const Operation& operation : recorded) {
    const auto kept = static_cast<uint32_t>(made.sizes.size());
    if (operation.kind == OperationKind::kAcknowledge) {
      made.tokens.emplace_back(operation.name);
      made.acked_before.push_back(kept);
      made.acked_by.push_back(operation.tid);
      made.counters.push_back(operation.size);
      continue;
    }
    if ((operation.flags & kInitial) != 0) made.initial = kept + 1;
    made.paths.push_back(namer.before(operation));
    namer.apply(operation);
    note_node(operation, sizes, made);
  }
  recorded.leave_out(OperationKind::kAcknowledge);
  made.operations = std::move(recorded);
  return made;
}

void add_witnessed(std::vector<WitnessedToken> witnessed, Recording& recording) {
  std::stable_sort(witnessed.begin(), witnessed.end(),
                   [](const WitnessedToken& a, const WitnessedToken& b) { return a.time_ns < b.time_ns; });
  Recording merged;
  const auto add = [&](std::string& token, uint32_t before, uint64_t counter, int32_t thread) {
    merged.tokens.push_back(std::move(token));
    merged.acked_before.push_back(before);
    merged.counters.push_back(counter);
    merged.acked_by.push_back(thread);
  };
  size_t known = 0;
  for (WitnessedToken& token : witnessed) {
    const auto later = std::ranges::partition_point(std::views::iota(uint32_t{0}, recording.size()), [&](uint32_t i) {
      return recording.operations[i].time_ns <= token.time_ns;
    });
    const uint32_t before = *later;
    for (; known < recording.tokens.size() && recording.acked_before[known] <= before; ++known) {
      add(recording.tokens[known], recording.acked_before[known], recording.counters[known], recording.acked_by[known]);
    }
    add(token.token, before, token.counter, 0);
  }
  for (; known < recording.tokens.size(); ++known) {
    add(recording.tokens[known], recording.acked_before[known], recording.counters[known], recording.acked_by[known]);
  }
  recording.tokens = std::move(merged.tokens);
  recording.acked_before = std::move(merged.acked_before);
  recording.counters = std::move(merged.counters);
  recording.acked_by = std::move(merged.acked_by);
}

std::vector<uint32_t> durable_from(const Recording& recording, const StorageProfile& profile) {
  std::vector<uint32_t> durable(recording.size(), profile.keeps_everything ? 0 : kNeverDurable);
  for (uint32_t i = recording.initial; profile.keeps_everything && i < recording.size(); ++i) {
    if (may_be_cut(recording.operations[i])) durable[i] = i + 1;
  }
  if (profile.keeps_everything) return durable;
  Pending pending(recording, profile, durable);
  for (uint32_t i = 0; i < recording.size(); ++i) {
    const Operation& operation = recording.operations[i];
    const bool change = changes_content(operation.kind) || changes_tree(operation.kind);
    if (i < recording.initial || !change) durable[i] = 0;
    if (i < recording.initial) continue;
    if (change) pending.add(i);
    if (operation.kind == OperationKind::kSyncFile || operation.kind == OperationKind::kSyncData) pending.sync_file(i);
    if (operation.kind == OperationKind::kSyncRange) pending.sync_range(i);
    if (operation.kind == OperationKind::kSyncFolder) pending.sync_folder(i);
    if (operation.kind == OperationKind::kSyncAll) pending.sync_all(i);
    if (operation.kind == OperationKind::kSyncFailed) pending.fail_sync(i);
  }
  if (!profile.metadata_in_order) keep_the_ground(recording, durable);
  return durable;
}

}  // namespace crashwright::harness
