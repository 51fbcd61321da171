#include "harness/report/run_diff.h"

#include <algorithm>
#include <map>
#include <set>

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

constexpr uint64_t kNoiseNs = 250'000'000;

CaseSide side_of(const CaseRecord& record) {
  CaseSide side;
  if (!record.finished) {
    side.outcome = "UNFINISHED";
    side.summary = "the run was interrupted in this case";
    side.cause = "none";
    return side;
  }
  const CaseFinished& done = *record.finished;
  side.outcome = verifiers::outcome_name(done.outcome);
  side.summary = done.summary;
  side.duration_ns = done.duration_ns;
  side.cause = "none";
  if (done.autopsy) {
    side.cause = done.autopsy->cause;
    if (!done.autopsy->function.empty()) side.cause += " in " + done.autopsy->function;
  }
  return side;
}

int badness(const std::string& outcome) {
  static const std::map<std::string, int> kBadness = {{"PASS", 0}, {"SKIPPED", 1}, {"INCONCLUSIVE", 2},
                                                      {"FAIL", 3}, {"ERROR", 4},   {"UNFINISHED", 4}};
  const auto found = kBadness.find(outcome);
  return found == kBadness.end() ? 0 : found->second;
}

bool time_differs(uint64_t a, uint64_t b) {
  const uint64_t longer = std::max(a, b);
  const uint64_t shorter = std::min(a, b);
  return longer > shorter + shorter / 2 && longer > shorter + kNoiseNs;
}

std::set<std::string> broken_promises(const CaseRecord& record) {
  std::set<std::string> broken;
  if (!record.finished) return broken;
  for (const verifiers::Verdict& verdict : record.finished->verdicts) {
    if (verdict.outcome == Outcome::kFail || verdict.outcome == Outcome::kError) broken.insert(verdict.promise);
  }
  return broken;
}

std::vector<std::string> without(const std::set<std::string>& from, const std::set<std::string>& taken) {
  std::vector<std::string> rest;
  std::set_difference(from.begin(), from.end(), taken.begin(), taken.end(), std::back_inserter(rest));
  return rest;
}

// Nothing when nothing that counts differs.
std::optional<CaseChange> compare(const CaseRecord& before, const CaseRecord& after) {
  CaseChange change;
  change.case_id = after.started.case_id;
  change.before = side_of(before);
  change.after = side_of(after);
  const std::set<std::string> broken_before = broken_promises(before);
  const std::set<std::string> broken_after = broken_promises(after);
  change.broken = without(broken_after, broken_before);
  change.mended = without(broken_before, broken_after);
  change.cause_differs = change.before->cause != change.after->cause;
  change.time_differs =
      before.finished && after.finished && time_differs(change.before->duration_ns, change.after->duration_ns);
  const int was = badness(change.before->outcome);
  const int is = badness(change.after->outcome);
  if (is != was) {
    change.kind = is > was ? ChangeKind::kWorse : ChangeKind::kBetter;
    return change;
  }
  // A further broken promise makes a failing case no greener.
  if (!change.broken.empty()) change.kind = ChangeKind::kWorse;
  const bool differs = change.before->outcome != change.after->outcome || change.cause_differs || change.time_differs ||
                       !change.broken.empty() || !change.mended.empty();
  return differs ? std::optional(change) : std::nullopt;
}

}  // namespace

const char* change_word(ChangeKind kind) noexcept {
  switch (kind) {
    case ChangeKind::kWorse:
      return "worse";
    case ChangeKind::kBetter:
      return "better";
    case ChangeKind::kNew:
      return "new";
    case ChangeKind::kGone:
      return "gone";
    case ChangeKind::kOther:
      return "changed";
  }
  return "changed";
}

size_t RunDiff::count(ChangeKind kind) const {
  const auto same_kind = [&](const CaseChange& change) { return change.kind == kind; };
  return static_cast<size_t>(std::count_if(changes.begin(), changes.end(), same_kind));
}

RunDiff compare_runs(const RunRecord& before, const RunRecord& after) {
  RunDiff diff;
  std::map<std::string, const CaseRecord*> old;
  for (const CaseRecord& record : before.cases) old[record.started.case_id] = &record;
  for (const CaseRecord& record : after.cases) {
    const auto found = old.find(record.started.case_id);
    if (found == old.end()) {
      diff.changes.push_back({ChangeKind::kNew, record.started.case_id, {}, side_of(record), {}, {}, false, false});
      continue;
    }
    if (const auto change = compare(*found->second, record)) {
      diff.changes.push_back(*change);
    } else {
      ++diff.same;
    }
    old.erase(found);
  }
  for (const auto& [id, record] : old) {
    diff.changes.push_back({ChangeKind::kGone, id, side_of(*record), {}, {}, {}, false, false});
  }
  std::stable_sort(diff.changes.begin(), diff.changes.end(),
                   [](const CaseChange& a, const CaseChange& b) { return a.kind < b.kind; });
  return diff;
}

}  // namespace crashwright::harness
