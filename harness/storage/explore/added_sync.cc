#include "harness/storage/explore/added_sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "harness/storage/explore/finding.h"
#include "harness/storage/explore/patched_recording.h"
#include "harness/storage/explore/pending_operations.h"

namespace crashwright::harness {
namespace {

constexpr size_t kKindsMax = 12;
constexpr size_t kPairsOf = 14;  // rules
constexpr uint32_t kOperationsMax = 20'000;

// What one or two rules do to the failing states, before any is judged.
struct Plan {
  std::vector<SyncRule> rules;
  std::vector<uint32_t> times;
  std::vector<std::string> synced;  // as PatchedRecording has it
  std::vector<bool> saves;          // of each failing state: it loses less
  size_t unusual = 0;  // how far the rules are from syncing what the minimal state loses, where one would look

  [[nodiscard]] uint32_t calls() const { return times.front() + (times.size() > 1 ? times.back() : 0); }
  [[nodiscard]] bool may_help() const { return std::find(saves.begin(), saves.end(), false) == saves.end(); }
  [[nodiscard]] bool helps_some() const { return std::find(saves.begin(), saves.end(), true) != saves.end(); }
};

// A sync of what is lost itself first, then fewer calls, then the earlier place.
bool is_smaller(const Plan& a, const Plan& b) {
  if (a.unusual != b.unusual) return a.unusual < b.unusual;
  if (a.calls() != b.calls()) return a.calls() < b.calls();
  const auto key = [](const SyncRule& rule) { return std::tuple(rule.example, rule.place, rule.folder); };
  for (size_t i = 0; i < a.rules.size(); ++i) {
    if (key(a.rules[i]) != key(b.rules[i])) return key(a.rules[i]) < key(b.rules[i]);
  }
  return false;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "the folder" : "the folder " + path.substr(0, slash);
}

std::string name_sync(const std::string& path, bool folder) {
  const size_t arrow = path.rfind(" to ");
  const std::string subject = arrow == std::string::npos ? path : path.substr(arrow + 4);
  return "fsync of " + (folder ? folder_of(subject) : subject);
}

// A sync that is to be added, by what it is about when it comes.
std::string name_added(const std::string& synced, bool folder) {
  if (!folder) return "fsync of " + synced;
  return synced.empty() || synced == "." ? "fsync of the folder" : "fsync of the folder " + synced;
}

class Search {
 public:
  Search(const std::vector<FailingStates>& failing, const JudgeMaker& judges)
      : strongest_(*failing.back().model), recording_(strongest_.recording), failing_(failing), judges_(judges) {
    for (uint32_t i = 0; i < recording_.size(); ++i) kinds_.push_back(operation_class(recording_, i));
    for (FailingStates& one : failing_) {
      std::sort(one.states.begin(), one.states.end(), [](const CrashState& a, const CrashState& b) {
        return a.point != b.point ? a.point < b.point : is_simpler(a, b);
      });
    }
  }

  Result<SyncAdvice> search(const CrashState& minimal) {
    for (const Loss& loss : minimal.losses) lost_.insert(kinds_[loss.operation]);
    std::vector<Plan> singles;
    for (const SyncRule& rule : rules_for(minimal)) singles.push_back(plan({rule}));
    std::erase_if(singles, [](const Plan& single) { return !single.helps_some(); });
    std::stable_sort(singles.begin(), singles.end(), is_smaller);
    SyncAdvice advice;
    advice.tried = singles.size();
    auto best = first_that_helps(singles);
    if (!best) return tl::unexpected(best.error());
    if (*best == nullptr) {
      if (singles.size() > kPairsOf) singles.resize(kPairsOf);
      const std::vector<Plan> two = pairs_of(singles);
      best = first_that_helps(two);
      if (!best) return tl::unexpected(best.error());
      if (*best != nullptr) advice.syncs = describe(**best);
      return advice;
    }
    advice.syncs = describe(**best);
    return advice;
  }

 private:
  // Kinds of operation that a sync may have to save, those of the minimal state first; each with one such.
  std::vector<std::pair<uint64_t, uint32_t>> kinds_to_save(const CrashState& minimal) const {
    std::vector<std::pair<uint64_t, uint32_t>> found;
    const auto add = [&](uint32_t index) {
      const uint64_t kind = kinds_[index];
      const auto known =
          std::find_if(found.begin(), found.end(), [&](const auto& entry) { return entry.first == kind; });
      if (known != found.end() || found.size() >= kKindsMax) return;
      found.emplace_back(kind, index);
    };
    for (const Loss& loss : minimal.losses) add(loss.operation);
    for (const FailingStates& one : failing_) {
      for (const CrashState& state : one.states) {
        for (const Loss& loss : state.losses) add(loss.operation);
      }
    }
    for (const uint32_t index : PendingOperations(strongest_).at(minimal.point)) add(index);
    return found;
  }

  std::vector<SyncRule> rules_for(const CrashState& minimal) const {
    std::vector<SyncRule> rules;
    for (const auto& [kind, example] : kinds_to_save(minimal)) {
      const OperationKind what = recording_.operations[example].kind;
      const bool gone = what == OperationKind::kUnlink || what == OperationKind::kRemoveFolder;
      for (const bool folder : {false, true}) {
        if (gone && !folder) continue;
        for (const SyncPlace place : {SyncPlace::kBehindEach, SyncPlace::kBehindRow, SyncPlace::kBeforeToken}) {
          if (place == SyncPlace::kBeforeToken && recording_.tokens.empty()) continue;
          rules.push_back({kind, folder, place, example});
        }
      }
    }
    return rules;
  }

  // A failing state in the numbers of the recording with the syncs; not yet one that it allows.
  static CrashState moved(const CrashState& state, const PatchedRecording& patched) {
    CrashState there{patched.place[state.point], {}};
    for (Loss loss : state.losses) {
      loss.operation = patched.place[loss.operation];
      there.losses.set(std::move(loss));
    }
    return there;
  }

  Plan plan(std::vector<SyncRule> rules) const {
    Plan made;
    made.rules = std::move(rules);
    const PatchedRecording patched = add_syncs(recording_, kinds_, made.rules);
    made.times = patched.added;
    made.synced = patched.synced;
    for (const SyncRule& rule : made.rules) {
      const bool names = changes_names(recording_.operations[rule.example].kind);
      made.unusual += (lost_.contains(rule.kind) ? 0 : 2) + (rule.folder == names ? 0 : 1);
    }
    for (const FailingStates& one : failing_) {
      const DurabilityModel with(patched.recording, one.model->profile);
      for (const CrashState& state : one.states) {
        const CrashState same = moved(state, patched);
        CrashState there = same;
        make_allowed(with, there);
        made.saves.push_back(there.losses != same.losses);
      }
    }
    return made;
  }

  std::vector<Plan> pairs_of(const std::vector<Plan>& singles) const {
    std::vector<Plan> pairs;
    for (size_t i = 0; i < singles.size(); ++i) {
      for (size_t j = i + 1; j < singles.size(); ++j) {
        Plan pair{{singles[i].rules.front(), singles[j].rules.front()},
                  {singles[i].times.front(), singles[j].times.front()},
                  {singles[i].synced.front(), singles[j].synced.front()},
                  singles[i].saves,
                  singles[i].unusual + singles[j].unusual};
        for (size_t state = 0; state < pair.saves.size(); ++state) {
          if (singles[j].saves[state]) pair.saves[state] = true;
        }
        if (pair.rules.front().example > pair.rules.back().example) {
          std::swap(pair.rules.front(), pair.rules.back());
          std::swap(pair.times.front(), pair.times.back());
          std::swap(pair.synced.front(), pair.synced.back());
        }
        if (pair.may_help()) pairs.push_back(std::move(pair));
      }
    }
    std::stable_sort(pairs.begin(), pairs.end(), is_smaller);
    return pairs;
  }

  Result<const Plan*> first_that_helps(const std::vector<Plan>& plans) {
    for (const Plan& candidate : plans) {
      if (!candidate.may_help()) continue;
      const auto cured = cures(candidate);
      if (!cured) return tl::unexpected(cured.error());
      if (*cured) return &candidate;
    }
    return nullptr;
  }

  // Every failing state, with the syncs in place, passes; and so does the moment before a sync that stands directly in
  // front of the power loss, for the power may go then.
  Result<bool> cures(const Plan& candidate) {
    const PatchedRecording patched = add_syncs(recording_, kinds_, candidate.rules);
    for (const FailingStates& one : failing_) {
      auto cured = cures(patched, one);
      if (!cured || !*cured) return cured;
    }
    return true;
  }

  Result<bool> cures(const PatchedRecording& patched, const FailingStates& failing) {
    const DurabilityModel with(patched.recording, failing.model->profile);
    auto judge = judges_(with);
    if (!judge) return tl::unexpected(judge.error());
    for (const CrashState& state : failing.states) {
      const uint32_t earliest = state.point == 0 ? 0 : patched.place[state.point - 1] + 1;
      for (uint32_t point = earliest; point <= patched.place[state.point]; ++point) {
        CrashState there = moved(state, patched);
        there.point = point;
        make_allowed(with, there);
        const auto passes = passes_there(**judge, there);
        if (!passes || !*passes) return passes;
      }
    }
    return true;
  }

  // Syncs change which states there may be, not what is in them: what one place leaves another leaves as well.
  Result<bool> passes_there(StateJudge& judge, const CrashState& state) {
    judge.prepare(state);
    const uint64_t hash = judge.hash();
    if (const auto known = passes_.find(hash); known != passes_.end()) return known->second;
    const auto verdict = judge.judge();
    if (!verdict) return tl::unexpected(verdict.error());
    return passes_[hash] = verdict->kind == ImageVerdict::Kind::kConsistent;
  }

  std::vector<AddedSync> describe(const Plan& helps) const {
    std::vector<AddedSync> syncs;
    for (size_t i = 0; i < helps.rules.size(); ++i) {
      const SyncRule& rule = helps.rules[i];
      const std::string& path = recording_.paths[rule.example];
      const char* const name = operation_name(recording_.operations[rule.example].kind);
      const char* const where = rule.place == SyncPlace::kBehindEach ? "after each {} of {}"
                                : rule.place == SyncPlace::kBehindRow
                                    ? "after the last {} of {} in a row"
                                    : "right before the acknowledgement that follows {} of {}";
      syncs.push_back({fmt::format("{} {} ({} {} in this run)", name_added(helps.synced[i], rule.folder),
                                   fmt::format(fmt::runtime(where), name, path), helps.times[i],
                                   helps.times[i] == 1 ? "time" : "times"),
                       rule.example});
    }
    return syncs;
  }

  const DurabilityModel& strongest_;
  const Recording& recording_;
  std::vector<FailingStates> failing_;
  const JudgeMaker& judges_;
  std::vector<uint64_t> kinds_;
  std::unordered_map<uint64_t, bool> passes_;  // by hash of the state
  std::set<uint64_t> lost_;                    // kinds that the minimal state loses
};

}  // namespace

std::string sync_that_saves(const Recording& recording, uint32_t index) {
  return name_sync(recording.paths[index], changes_names(recording.operations[index].kind));
}

Result<SyncAdvice> fewest_added_syncs(const std::vector<FailingStates>& failing, const CrashState& minimal,
                                      const JudgeMaker& judges) {
  SyncAdvice advice;
  if (failing.empty()) return advice;
  advice.too_large = failing.back().model->recording.size() > kOperationsMax;
  const bool nothing_lost = std::all_of(failing.begin(), failing.end(), [](const FailingStates& one) {
    return std::all_of(one.states.begin(), one.states.end(),
                       [](const CrashState& state) { return state.losses.empty(); });
  });
  if (advice.too_large || nothing_lost) return advice;
  return Search(failing, judges).search(minimal);
}

}  // namespace crashwright::harness
