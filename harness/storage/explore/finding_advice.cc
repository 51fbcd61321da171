#include "harness/storage/explore/finding_advice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <set>

#include "harness/storage/explore/call_places.h"
#include "harness/storage/explore/failed_sync.h"

namespace crashwright::harness {
namespace {

// Of every profile from the first that failed on: what failed under it, or under one that allows no more.
class Cases {
 public:
  explicit Cases(const AdviceQuestion& question) {
    for (const StorageProfile& profile : question.profiles) {
      std::vector<CrashState> states;
      for (const FailedUnder& failed : question.failed) {
        if (!allows_no_more(failed.profile, profile)) continue;
        states.insert(states.end(), failed.states.begin(), failed.states.end());
      }
      if (states.empty()) continue;
      models_.push_back(std::make_unique<DurabilityModel>(question.recording, profile));
      all_.push_back({models_.back().get(), std::move(states)});
    }
  }
  // The first so many of the profiles.
  [[nodiscard]] std::vector<FailingStates> weakest(size_t count) const {
    return {all_.begin(), all_.begin() + static_cast<ptrdiff_t>(count)};
  }
  [[nodiscard]] size_t size() const { return all_.size(); }
  [[nodiscard]] std::string names(size_t from, size_t to) const {
    std::vector<std::string> names;
    for (size_t i = from; i < to; ++i) names.push_back(all_[i].model->profile.name);
    return fmt::format("{}", fmt::join(names, " and "));
  }

 private:
  std::vector<std::unique_ptr<DurabilityModel>> models_;
  std::vector<FailingStates> all_;
};

// A place is told once: not again for the next sync, and a script without lines not if the losses told of it.
std::string in_words(const SyncAdvice& advice, const AdviceQuestion& question, const StorageFinding& finding) {
  std::string text;
  std::set<std::string> told;
  for (const std::string& where : finding.issued_by) {
    if (where.find(kNoLines) != std::string::npos) told.insert(where);
  }
  for (const AddedSync& sync : advice.syncs) {
    text += (text.empty() ? "" : ", and ") + sync.text;
    const std::string where = question.issued_by(sync.operation);
    const Operation& operation = question.recording.operations[sync.operation];
    const bool store = operation.kind == OperationKind::kWrite && (operation.flags & kFromMapping) != 0;
    if (!where.empty() && told.insert(where).second) text += (store ? ", " : " by ") + where;
  }
  return text;
}

// A failed sync that was acknowledged, unless states from before it fail alike: then a sync is missing besides.
std::string failed_sync_in_words(const AdviceQuestion& question, const StorageFinding& finding) {
  const auto sync = failed_sync_acknowledged(question.recording, finding);
  if (!sync) return "";
  for (const FailedUnder& failed : question.failed) {
    const bool before = std::any_of(failed.states.begin(), failed.states.end(),
                                    [&](const CrashState& state) { return state.point <= *sync; });
    if (before) return "";
  }
  const std::string where = question.issued_by(*sync);
  return fmt::format("the {}{} failed, and what it was to save was acknowledged nevertheless: no added sync mends that",
                     sync_that_saves(question.recording, *sync), where.empty() ? "" : " by " + where);
}

// Has it lost a store that came down together with one that it keeps?
bool splits_hand_over(const Recording& recording, const CrashState& state) {
  const HandOvers hand_overs(recording);
  if (hand_overs.inside(state.point)) return true;
  for (const Loss& loss : state.losses) {
    const auto is_kept = [&](uint32_t i) { return is_mapped_store(recording.operations[i]) && !state.losses.find(i); };
    for (uint32_t i = loss.operation; i-- > 0 && hand_overs.together(i, loss.operation);) {
      if (is_kept(i)) return true;
    }
    for (uint32_t i = loss.operation + 1; i < state.point && hand_overs.together(loss.operation, i); ++i) {
      if (is_kept(i)) return true;
    }
  }
  return false;
}

}  // namespace

Status advise(const AdviceQuestion& question, StorageFinding& finding) {
  if (std::string failed = failed_sync_in_words(question, finding); !failed.empty()) {
    finding.no_fix = std::move(failed);
    return {};
  }
  const Cases cases(question);
  size_t tried = 0;
  for (size_t count = cases.size(); count > 0; --count) {
    const auto advice = fewest_added_syncs(cases.weakest(count), finding.state, question.judges);
    if (!advice) return tl::unexpected(advice.error());
    if (advice->too_large && finding.no_fix.empty()) finding.no_fix = "not looked for, the run is too long";
    if (advice->too_large) return {};
    tried = std::max(tried, advice->tried);
    if (advice->syncs.empty()) continue;
    finding.fix = in_words(*advice, question, finding);
    finding.no_fix.clear();
    if (count == cases.size()) return {};
    finding.fix += fmt::format("; that is enough for profile {}: for {} no sync in one place, and no two, are",
                               cases.names(0, count), cases.names(count, cases.size()));
    return {};
  }
  if (!finding.no_fix.empty()) return {};
  finding.no_fix =
      fmt::format("no sync in one place, and no two, make all failing states pass ({} places tried)", tried);
  if (splits_hand_over(question.recording, finding.state)) {
    finding.no_fix +=
        "; no sync stands between the stores to the mapping of which one is lost and one is kept: an msync of the one "
        "before the other is stored would order them";
  }
  return {};
}

}  // namespace crashwright::harness
