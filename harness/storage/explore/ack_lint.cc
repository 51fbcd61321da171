#include "harness/storage/explore/ack_lint.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "harness/storage/explore/added_sync.h"
#include "harness/storage/explore/crash_state.h"
#include "harness/storage/explore/finding.h"
#include "harness/storage/explore/hand_overs.h"
#include "harness/storage/explore/pending_operations.h"

namespace crashwright::harness {
namespace {

// Is its file one that the program wants to last, even where it asks in a way that promises nothing?
bool wants_to_last(OperationKind kind) {
  const bool syncs = is_sync(kind) && kind != OperationKind::kSyncFolder && kind != OperationKind::kSyncAll;
  return syncs || kind == OperationKind::kAskedFor;
}

class Linter {
 public:
  Linter(const Recording& recording, const StorageProfile& profile, const std::vector<std::string>& ignored)
      : recording_(recording), model_(acknowledged(recording, profile)), pending_(model_), ignored_(ignored) {
    note_synced_files();
    note_folders_of_synced_files();
    note_stores_never_saved();
    note_users();
  }

  AckLint lint() {
    AckLint found;
    found.profile = model_.profile.name;
    uint32_t from = recording_.initial;
    for (size_t token = 0; token < recording_.tokens.size();) {
      const uint32_t at = recording_.acked_before[token];
      size_t next = token;
      while (next < recording_.tokens.size() && recording_.acked_before[next] == at) ++next;
      ++found.acknowledgements;
      if (nothing_done(from, at)) ++found.without_change;
      if (look_at(from, at, token, next - token)) ++found.early;
      from = at;
      token = next;
    }
    for (auto& [kind, change] : changes_) found.changes.push_back(std::move(change));
    std::stable_sort(found.changes.begin(), found.changes.end(), [](const EarlyChange& a, const EarlyChange& b) {
      return a.acknowledgements > b.acknowledgements;
    });
    for (const uint32_t index : operations_) scratch_.erase(recording_.paths[index]);
    found.scratch.assign(scratch_.begin(), scratch_.end());
    found.of_other_threads.assign(of_others_.begin(), of_others_.end());
    return found;
  }

 private:
  using Threads = std::set<int32_t>;

  // What an acknowledgement rests on has returned: no kill cuts it any more.
  static DurabilityModel acknowledged(const Recording& recording, const StorageProfile& profile) {
    DurabilityModel model(recording, profile);
    if (profile.keeps_everything) std::fill(model.durable.begin(), model.durable.end(), 0);
    return model;
  }

  void note_synced_files() {
    std::unordered_set<NodeId> changed;
    for (const Operation& operation : recording_.operations) {
      if (changes_content(operation.kind) && (operation.flags & kInitial) == 0) changed.insert(operation.node);
      if (wants_to_last(operation.kind)) synced_.insert(operation.node);
      if (operation.kind == OperationKind::kSyncAll) synced_.insert(changed.begin(), changed.end());
    }
  }

  void note_stores_never_saved() {
    for (uint32_t i = recording_.initial; i < recording_.size(); ++i) {
      const bool stored = is_mapped_store(recording_.operations[i]);
      if (!stored || model_.durable[i] != kNeverDurable) continue;
      never_saved_.push_back(i);
      if (!synced_.contains(recording_.operations[i].node)) shared_memory_.insert(recording_.operations[i].node);
    }
  }

  // A folder is needed by the synced files below it.
  void note_folders_of_synced_files() {
    std::map<NodeId, NodeId> parent_of;
    for (const Operation& operation : recording_.operations) {
      if (!changes_names(operation.kind)) continue;
      parent_of[operation.node] = operation.new_parent != kRootNode ? operation.new_parent : operation.parent;
    }
    const std::unordered_set<NodeId> files = synced_;
    for (const NodeId file : files) {
      for (auto up = parent_of.find(file); up != parent_of.end(); up = parent_of.find(up->second)) {
        if (!synced_.insert(up->second).second) break;
      }
    }
  }

  bool is_ignored(uint32_t index) const {
    const std::string& path = recording_.paths[index];
    const size_t arrow = path.find(" to ");
    const std::string first = path.substr(0, arrow);
    const std::string second = arrow == std::string::npos ? first : path.substr(arrow + 4);
    return std::any_of(ignored_.begin(), ignored_.end(), [&](const std::string& pattern) {
      return ::fnmatch(pattern.c_str(), first.c_str(), 0) == 0 || ::fnmatch(pattern.c_str(), second.c_str(), 0) == 0;
    });
  }

  // Is anything of what was done in [from, at) durable at `at`? Content counts where there is any, names otherwise.
  bool something_is_durable(uint32_t from, uint32_t at) const {
    bool changed[2] = {false, false};
    bool durable[2] = {false, false};
    for (uint32_t i = from; i < at; ++i) {
      const OperationKind kind = recording_.operations[i].kind;
      if (!(changes_content(kind) || changes_tree(kind)) || is_ignored(i)) continue;
      const size_t of = changes_data(kind) ? 0 : 1;
      changed[of] = true;
      durable[of] = durable[of] || !model_.may_lose(i, at);
    }
    return changed[0] ? durable[0] : changed[1] && durable[1];
  }

  // Which threads change, sync and ask for what; of a store the record names who wrote it back, not who stored.
  void note_users() {
    for (uint32_t i = recording_.initial; i < recording_.size(); ++i) {
      const Operation& operation = recording_.operations[i];
      if (operation.tid == 0 || is_mapped_store(operation)) continue;
      last_of_process_[operation.pid] = i;
      threads_.insert(operation.tid);
      users_[operation.node].insert(operation.tid);
    }
  }

  // Does the process that made the change do nothing any more? Then the sync that it misses is not on its way: a child
  // of a shell, which has ended.
  bool is_left_behind(const Operation& operation, uint32_t at) const {
    const auto last = last_of_process_.find(operation.pid);
    return last != last_of_process_.end() && last->second < at;
  }

  // Do these threads answer for the change at an acknowledgement? For their own, and for what is left behind: of any
  // other it may be the next one's work. For everything where it is unknown who acknowledged, and one thread did all.
  bool is_own(uint32_t index, uint32_t at, const Threads& acknowledging) const {
    const Operation& operation = recording_.operations[index];
    if (acknowledging.contains(0)) return threads_.size() < 2;
    if (!is_mapped_store(operation)) return acknowledging.contains(operation.tid) || is_left_behind(operation, at);
    const auto users = users_.find(operation.node);
    return users == users_.end() || std::all_of(users->second.begin(), users->second.end(),
                                                [&](int32_t thread) { return acknowledging.contains(thread); });
  }

  // Does nothing that was done in [from, at) look like the work that an acknowledgement tells of?
  bool nothing_done(uint32_t from, uint32_t at) const {
    for (uint32_t i = from; i < at; ++i) {
      const OperationKind kind = recording_.operations[i].kind;
      const bool made = kind == OperationKind::kCreate || kind == OperationKind::kMakeFolder;
      if (changes_content(kind) || (changes_names(kind) && !made)) return false;
    }
    return true;
  }

  // One acknowledgement, or several with nothing between them; true when it was early.
  bool look_at(uint32_t from, uint32_t at, size_t token, size_t tokens) {
    const bool justified = something_is_durable(from, at);
    const Threads acknowledging(recording_.acked_by.begin() + static_cast<ptrdiff_t>(token),
                                recording_.acked_by.begin() + static_cast<ptrdiff_t>(token + tokens));
    std::vector<uint32_t> early;
    for (const uint32_t index : pending_.at(at)) {
      if (is_ignored(index) || recording_.operations[index].kind == OperationKind::kSetTimes) continue;
      const bool needed = synced_.contains(recording_.operations[index].node);
      if (!needed && (justified || index < from)) {
        scratch_.insert(recording_.paths[index]);
      } else if (!is_own(index, at, acknowledging)) {
        of_others_.insert(recording_.paths[index]);
      } else {
        early.push_back(index);
      }
    }
    add_late_store(at, justified, acknowledging, early);
    blame_all(early, recording_.tokens[token]);
    return !early.empty();
  }

  // Stores through a mapping are recorded when they are written back: who never syncs them may have made them before.
  void add_late_store(uint32_t at, bool justified, const Threads& acknowledging, std::vector<uint32_t>& early) const {
    const auto late = std::find_if(std::lower_bound(never_saved_.begin(), never_saved_.end(), at), never_saved_.end(),
                                   [&](uint32_t index) {
                                     return !is_ignored(index) && is_own(index, at, acknowledging) &&
                                            (!justified || synced_.contains(recording_.operations[index].node));
                                   });
    if (late != never_saved_.end()) early.push_back(*late);
  }

  // What lives in shared memory alone is scratch beside anything else that was early; alone it must be what was meant.
  void blame_all(const std::vector<uint32_t>& early, const std::string& token) {
    const auto is_shared = [&](uint32_t index) { return shared_memory_.contains(recording_.operations[index].node); };
    const bool all_shared = std::all_of(early.begin(), early.end(), is_shared);
    std::set<uint64_t> seen;
    for (const uint32_t index : early) {
      if (is_shared(index) && !all_shared) {
        scratch_.insert(recording_.paths[index]);
      } else {
        blame(index, token, seen);
      }
    }
  }

  void blame(uint32_t index, const std::string& token, std::set<uint64_t>& seen) {
    const uint64_t kind = operation_class(recording_, index);
    const auto [entry, fresh] = changes_.try_emplace(kind);
    EarlyChange& change = entry->second;
    if (fresh) {
      change.operation = describe_operation(recording_, index);
      change.missing_sync = sync_that_saves(recording_, index) + " before the acknowledgement";
      const uint32_t by = model_.durable[index];
      if (by != kNeverDurable) change.durable_by = describe_operation(recording_, by);
      change.first_token = token;
      change.perhaps_memory = shared_memory_.contains(recording_.operations[index].node);
    }
    if (operations_.insert(index).second) ++change.operations;
    if (seen.insert(kind).second) ++change.acknowledgements;
  }

  const Recording& recording_;
  DurabilityModel model_;
  PendingOperations pending_;
  const std::vector<std::string>& ignored_;
  std::unordered_set<NodeId> synced_;         // files that a sync of the run names or asks for, and the folders above
  std::unordered_set<NodeId> shared_memory_;  // files with stores through a mapping that no sync ever names
  Threads threads_;                           // that change or sync anything
  std::unordered_map<NodeId, Threads> users_;
  std::unordered_map<int32_t, uint32_t> last_of_process_;  // its last change or sync in the run
  std::vector<uint32_t> never_saved_;                      // stores through a mapping, in order of their write-back
  std::map<uint64_t, EarlyChange> changes_;
  std::unordered_set<uint32_t> operations_;
  std::set<std::string> scratch_;
  std::set<std::string> of_others_;
};

}  // namespace

AckLint lint_acknowledgements(const Recording& recording, const StorageProfile& profile,
                              const std::vector<std::string>& ignored) {
  return Linter(recording, profile, ignored).lint();
}

}  // namespace crashwright::harness
