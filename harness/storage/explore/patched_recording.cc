#include "harness/storage/explore/patched_recording.h"

#include <optional>
#include <unordered_map>

namespace crashwright::harness {
namespace {

class Patcher {
 public:
  Patcher(const Recording& recording, const std::vector<uint64_t>& kinds, const std::vector<SyncRule>& rules)
      : recording_(recording), kinds_(kinds), rules_(rules), waiting_(rules.size()) {
    made_.added.resize(rules.size());
  }

  PatchedRecording patch() {
    size_t token = 0;
    for (uint32_t i = 0; i < recording_.size(); ++i) {
      if (i >= recording_.initial) end_rows(kinds_[i]);
      place_tokens(i, token);
      made_.place.push_back(made_.recording.size());
      add(recording_.operations[i], recording_.paths[i], recording_.sizes[i]);
      if (i < recording_.initial) made_.recording.initial = made_.recording.size();
      if (i >= recording_.initial) note(i);
    }
    end_rows(0);
    place_tokens(recording_.size(), token);
    made_.place.push_back(made_.recording.size());
    made_.recording.nodes = recording_.nodes;
    return std::move(made_);
  }

 private:
  void note(uint32_t index) {
    for (size_t rule = 0; rule < rules_.size(); ++rule) {
      if (kinds_[index] != rules_[rule].kind) continue;
      waiting_[rule] = sync_for(recording_.operations[index], rules_[rule].folder);
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
    if (!waiting_[rule]) return;
    add(*waiting_[rule], "", SizeChange::kNone);
    waiting_[rule].reset();
    ++made_.added[rule];
  }

  const Recording& recording_;
  const std::vector<uint64_t>& kinds_;
  const std::vector<SyncRule>& rules_;
  std::vector<std::optional<Operation>> waiting_;  // of each rule: the sync that is to come
  std::unordered_map<NodeId, NodeId> folders_;     // where a node stands
  PatchedRecording made_;
};

}  // namespace

PatchedRecording add_syncs(const Recording& recording, const std::vector<uint64_t>& kinds,
                           const std::vector<SyncRule>& rules) {
  return Patcher(recording, kinds, rules).patch();
}

}  // namespace crashwright::harness
