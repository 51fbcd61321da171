#include "harness/storage/explore/patched_recording.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace crashwright::harness {
namespace {

class Patcher {
 public:
  Patcher(const Recording& recording, const std::vector<uint64_t>& kinds, const std::vector<SyncRule>& rules)
      : recording_(recording), kinds_(kinds), rules_(rules), waiting_(rules.size()) {
    made_.added.resize(rules.size());
    made_.synced.resize(rules.size());
  }

  PatchedRecording patch() {
    size_t token = 0;
    for (uint32_t i = 0; i < recording_.size(); ++i) {
      if (i >= recording_.initial) end_rows(kinds_[i]);
      place_tokens(i, token);
      made_.place.push_back(made_.recording.size());
      add(recording_.operations[i], recording_.paths[i], recording_.sizes[i]);
      if (i < recording_.initial) made_.recording.initial = made_.recording.size();
      follow_name(recording_.operations[i], recording_.paths[i]);
      if (i >= recording_.initial) note(i);
    }
    end_rows(0);
    place_tokens(recording_.size(), token);
    made_.place.push_back(made_.recording.size());
    made_.recording.nodes = recording_.nodes;
    return std::move(made_);
  }

 private:
  // A sync that is to come, and for which operations.
  struct Waiting {
    Operation sync;
    bool for_example = false;
  };

  // One for each file or folder.
  void wait(size_t rule, uint32_t index) {
    const Operation sync = sync_for(recording_.operations[index], rules_[rule].folder);
    const auto same = std::find_if(waiting_[rule].begin(), waiting_[rule].end(),
                                   [&](const Waiting& other) { return other.sync.node == sync.node; });
    const bool for_example = index == rules_[rule].example;
    if (same == waiting_[rule].end()) {
      waiting_[rule].push_back({sync, for_example});
    } else {
      same->for_example = same->for_example || for_example;
    }
  }

  void note(uint32_t index) {
    for (size_t rule = 0; rule < rules_.size(); ++rule) {
      if (kinds_[index] != rules_[rule].kind) continue;
      wait(rule, index);
      if (rules_[rule].place == SyncPlace::kBehindEach) add_sync(rule);
    }
  }
  void end_rows(uint64_t next_kind) {
    for (size_t rule = 0; rule < rules_.size(); ++rule) {
      if (rules_[rule].place == SyncPlace::kBehindRow && rules_[rule].kind != next_kind) add_sync(rule);
    }
  }
  void place_tokens(uint32_t index, size_t& token) {
    for (; token < recording_.tokens.size() && recording_.acked_before[token] == index; ++token) {
      for (size_t rule = 0; rule < rules_.size(); ++rule) {
        if (rules_[rule].place != SyncPlace::kBehindEach) add_sync(rule);
      }
      made_.recording.tokens.push_back(recording_.tokens[token]);
      made_.recording.counters.push_back(recording_.counters[token]);
      made_.recording.acked_before.push_back(made_.recording.size());
      made_.recording.acked_by.push_back(recording_.acked_by[token]);
    }
  }
  Operation sync_for(const Operation& operation, bool folder) const {
    Operation sync;
    sync.kind = folder ? OperationKind::kSyncFolder : OperationKind::kSyncFile;
    sync.node = operation.node;
    if (!folder) return sync;
    const auto stands_in = folders_.find(operation.node);
    sync.node = changes_names(operation.kind) ? operation.new_parent
                : stands_in == folders_.end() ? kRootNode
                                              : stands_in->second;
    return sync;
  }
  void add(const Operation& operation, const std::string& path, SizeChange size) {
    if (changes_names(operation.kind)) folders_[operation.node] = operation.new_parent;
    made_.recording.operations.push_back(operation);
    made_.recording.paths.push_back(path);
    made_.recording.sizes.push_back(size);
  }
  void add_sync(size_t rule) {
    for (const Waiting& waiting : waiting_[rule]) {
      add(waiting.sync, "", SizeChange::kNone);
      ++made_.added[rule];
      if (waiting.for_example || made_.synced[rule].empty()) made_.synced[rule] = name_of(waiting.sync.node);
    }
    waiting_[rule].clear();
  }

  void follow_name(const Operation& operation, const std::string& path) {
    if (operation.kind == OperationKind::kUnlink || operation.kind == OperationKind::kRemoveFolder) return;
    const bool two = operation.kind == OperationKind::kRename || operation.kind == OperationKind::kExchange ||
                     operation.kind == OperationKind::kLink;
    const size_t arrow = two ? path.find(" to ") : std::string::npos;
    names_[operation.node] = arrow == std::string::npos ? path : path.substr(arrow + 4);
    if (operation.kind == OperationKind::kExchange) names_[operation.replaced] = path.substr(0, arrow);
  }
  std::string name_of(NodeId node) const {
    const auto name = names_.find(node);
    return node == kRootNode || name == names_.end() ? "" : name->second;
  }

  const Recording& recording_;
  const std::vector<uint64_t>& kinds_;
  const std::vector<SyncRule>& rules_;
  std::vector<std::vector<Waiting>> waiting_;      // of each rule
  std::unordered_map<NodeId, std::string> names_;  // as operations tell them; of the root and of what is unknown none
  std::unordered_map<NodeId, NodeId> folders_;     // where a node stands
  PatchedRecording made_;
};

}  // namespace

PatchedRecording add_syncs(const Recording& recording, const std::vector<uint64_t>& kinds,
                           const std::vector<SyncRule>& rules) {
  return Patcher(recording, kinds, rules).patch();
}

}  // namespace crashwright::harness
