#include "harness/storage/explore/ack_lint.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "harness/storage/explore/added_sync.h"
#include "harness/storage/explore/crash_state.h"
#include "harness/storage/explore/finding.h"
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
  }

  AckLint lint() {
    AckLint found;
    found.profile = model_.profile.name;
    uint32_t from = recording_.initial;
    worked_until_ = from;
    for (size_t token = 0; token < recording_.tokens.size();) {
      const uint32_t at = recording_.acked_before[token];
      size_t next = token;
      while (next < recording_.tokens.size() && recording_.acked_before[next] == at) ++next;
      ++found.acknowledgements;
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
    found.unfinished.assign(unfinished_.begin(), unfinished_.end());
    return found;
  }

 private:
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
    for (uint32_t i = recording_.initial; i < recording_.size(); ++i) {
      const Operation& operation = recording_.operations[i];
      if (is_sync(operation.kind)) last_sync_[{{operation.pid, operation.tid}, operation.node}] = i;
    }
  }

  void note_stores_never_saved() {
    for (uint32_t i = recording_.initial; i < recording_.size(); ++i) {
      const bool stored = (recording_.operations[i].flags & kFromMapping) != 0;
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

  using Thread = std::pair<int32_t, int32_t>;  // process and thread
  using Threads = std::set<Thread>;

  // What threads did up to `at` that no acknowledgement has rested on yet: by when it was durable.
  void take_work(uint32_t at) {
    for (; worked_until_ < at; ++worked_until_) {
      const Operation& operation = recording_.operations[worked_until_];
      if (operation.tid == 0) continue;
      work_[{operation.pid, operation.tid}].push_back(is_sync(operation.kind) ? worked_until_
                                                                              : model_.durable[worked_until_]);
    }
  }

  // Threads that made something durable since an acknowledgement last rested on them, or synced it, and have nothing
  // pending: this one may rest on them alone.
  Threads finished_threads(uint32_t at, const std::vector<uint32_t>& pending) const {
    Threads threads;
    for (const auto& [thread, durable_by] : work_) {
      if (std::any_of(durable_by.begin(), durable_by.end(), [&](uint32_t by) { return by < at; })) {
        threads.insert(thread);
      }
    }
    for (const uint32_t index : pending) {
      const Operation& operation = recording_.operations[index];
      if (synced_.contains(operation.node)) threads.erase({operation.pid, operation.tid});
    }
    return threads;
  }

  // What was saved last stays when there was more before it: this acknowledgement may have been another thread's.
  static void use_up(std::vector<uint32_t>& work, uint32_t at) {
    uint32_t newest = 0;
    bool several = false;
    for (const uint32_t by : work) {
      if (by >= at) continue;
      several = several || (newest != 0 && by != newest);
      newest = std::max(newest, by);
    }
    std::erase_if(work, [&](uint32_t by) { return by < at && !(several && by == newest); });
  }

  // So many acknowledgements rest on as many threads: on those that were done first, and on busy ones last.
  void rest_on(Threads finished, uint32_t at, size_t acknowledgements) {
    for (; acknowledgements > 0; --acknowledgements) {
      auto chosen = work_.end();
      std::pair<bool, uint32_t> best{true, kNeverDurable};
      for (auto entry = work_.begin(); entry != work_.end(); ++entry) {
        if (entry->second.empty()) continue;
        const uint32_t by = *std::min_element(entry->second.begin(), entry->second.end());
        const std::pair<bool, uint32_t> rank{!finished.contains(entry->first), by};
        if (by >= at || rank >= best) continue;
        best = rank;
        chosen = entry;
      }
      if (chosen == work_.end()) return;
      use_up(chosen->second, at);
      finished.erase(chosen->first);
    }
  }

  // Whoever's sync saves it first, its own is what the thread waits for.
  bool syncs_later(const Thread& thread, NodeId node, uint32_t index) const {
    const auto found = last_sync_.find({thread, node});
    return found != last_sync_.end() && found->second > index;
  }

  // Has its thread not finished it, while another one has done its part?
  bool is_unfinished(uint32_t index, const Threads& finished) const {
    const Operation& operation = recording_.operations[index];
    const Thread own{operation.pid, operation.tid};
    if (operation.tid == 0 || finished.contains(own) || finished.empty()) return false;
    if (syncs_later(own, operation.node, index)) return true;
    // A change of a name is saved by whoever syncs next; but a process that has ended will not come back to it.
    return is_metadata(operation) && std::any_of(finished.begin(), finished.end(),
                                                 [&](const Thread& thread) { return thread.first == operation.pid; });
  }

  // One acknowledgement, or several with nothing between them; true when it was early.
  bool look_at(uint32_t from, uint32_t at, size_t token, size_t tokens) {
    const bool justified = something_is_durable(from, at);
    const std::vector<uint32_t> pending = pending_.at(at);
    take_work(at);
    const Threads finished = finished_threads(at, pending);
    rest_on(finished, at, tokens);
    std::vector<uint32_t> early;
    for (const uint32_t index : pending) {
      if (is_ignored(index) || recording_.operations[index].kind == OperationKind::kSetTimes) continue;
      const bool needed = synced_.contains(recording_.operations[index].node);
      if (!needed && (justified || index < from)) {
        scratch_.insert(recording_.paths[index]);
      } else if (is_unfinished(index, finished)) {
        unfinished_.insert(recording_.paths[index]);
      } else {
        early.push_back(index);
      }
    }
    add_late_store(at, justified, early);
    blame_all(early, recording_.tokens[token]);
    return !early.empty();
  }

  // Stores through a mapping are recorded when they are written back: who never syncs them may have made them before.
  void add_late_store(uint32_t at, bool justified, std::vector<uint32_t>& early) const {
    const auto late = std::find_if(
        std::lower_bound(never_saved_.begin(), never_saved_.end(), at), never_saved_.end(), [&](uint32_t index) {
          return !is_ignored(index) && (!justified || synced_.contains(recording_.operations[index].node));
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
  std::map<std::pair<Thread, NodeId>, uint32_t> last_sync_;
  std::map<Thread, std::vector<uint32_t>> work_;
  uint32_t worked_until_ = 0;
  std::vector<uint32_t> never_saved_;  // stores through a mapping, in order of their write-back
  std::map<uint64_t, EarlyChange> changes_;
  std::unordered_set<uint32_t> operations_;
  std::set<std::string> scratch_;
  std::set<std::string> unfinished_;
};

}  // namespace

AckLint lint_acknowledgements(const Recording& recording, const StorageProfile& profile,
                              const std::vector<std::string>& ignored) {
  return Linter(recording, profile, ignored).lint();
}

}  // namespace crashwright::harness
