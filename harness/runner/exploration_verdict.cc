#include "harness/runner/exploration_verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

constexpr const char* kPromise = "power_loss";
constexpr size_t kLossesShown = 6;

std::string states_text(const CampaignResult& result) {
  return fmt::format("{} distinct {}", result.states, result.states == 1 ? "state" : "states");
}

// The first finding, what would mend it, and how many others there are.
std::string findings_line(const CampaignResult& result) {
  const StorageFinding& first = result.findings.front();
  std::string text = finding_line(first);
  if (!first.fix.empty()) text += "; would pass with " + first.fix;
  if (const size_t more = result.findings.size() - 1; more > 0) {
    text += fmt::format("; {} more {}", more, more == 1 ? "finding" : "findings");
  }
  return text;
}

verifiers::Verdict judge_clean(const CampaignResult& result) {
  if (result.violated > 0) {
    return {kPromise, Outcome::kFail, result.findings.empty() ? "a state is violated" : findings_line(result), {}};
  }
  return {kPromise, Outcome::kPass, states_text(result) + ", none violated", {}};
}

bool is_named(const ExpectedStorage& expect, const StorageFinding& finding) {
  if (!expect.profile.empty() && finding.profile != expect.profile) return false;
  return expect.lost.empty() || std::any_of(finding.lost.begin(), finding.lost.end(), [&](const std::string& lost) {
           return lost.find(expect.lost) != std::string::npos;
         });
}

verifiers::Verdict judge_violated(const ExpectedStorage& expect, const CampaignResult& result) {
  if (result.findings.empty()) {
    return {kPromise, Outcome::kFail, fmt::format("expected to be violated, but {} passed", states_text(result)), {}};
  }
  const auto other = std::find_if(result.findings.begin(), result.findings.end(), [&](const StorageFinding& finding) {
    return finding.reason.find(expect.reason) == std::string::npos;
  });
  if (other != result.findings.end()) {
    return {kPromise,
            Outcome::kFail,
            fmt::format("another failure than the expected \"{}\": {}", expect.reason, finding_line(*other)),
            {}};
  }
  const auto named = std::find_if(result.findings.begin(), result.findings.end(),
                                  [&](const StorageFinding& finding) { return is_named(expect, finding); });
  if (named == result.findings.end()) {
    return {kPromise,
            Outcome::kFail,
            fmt::format("expected on profile {} with the loss of \"{}\", but found {}",
                        expect.profile.empty() ? "any" : expect.profile, expect.lost,
                        finding_line(result.findings.front())),
            {}};
  }
  return {kPromise, Outcome::kPass, "found as expected: " + finding_line(*named), {}};
}

}  // namespace

std::string finding_line(const StorageFinding& finding) {
  std::vector<std::string> lost(
      finding.lost.begin(), finding.lost.begin() + static_cast<ptrdiff_t>(std::min(finding.lost.size(), kLossesShown)));
  if (finding.lost.size() > kLossesShown) lost.push_back(fmt::format("{} more", finding.lost.size() - kLossesShown));
  if (lost.empty()) lost.emplace_back("nothing");
  return fmt::format("{}: {} (power lost after {}; lost: {})", finding.profile, finding.reason, finding.last_operation,
                     fmt::join(lost, ", "));
}

verifiers::Verdict judge_exploration(const ExplorationPlan& plan, const CampaignResult& result, bool cut_short) {
  if (result.untouched) {
    return {kPromise,
            Outcome::kError,
            "the checker calls even the untouched folder violated: " + result.untouched->reason(),
            {kUntouchedMeans, result.untouched->output}};
  }
  if (result.states == 0) return {kPromise, Outcome::kInconclusive, "there was no state to judge", {}};
  verifiers::Verdict verdict = plan.expect.violated ? judge_violated(plan.expect, result) : judge_clean(result);
  const bool broken = !plan.expect.violated && result.violated > 0;  // whatever the checker could not judge besides
  if (result.checker_errors > 0 && !broken) {
    return {kPromise,
            Outcome::kError,
            fmt::format("the checker could not judge {} of {}: {}", result.checker_errors, states_text(result),
                        result.first_error.substr(0, result.first_error.find('\n'))),
            {result.first_error}};
  }
  const bool passed = verdict.outcome == Outcome::kPass;
  if (cut_short && (passed ? !plan.expect.violated : result.violated == 0)) {
    verdict.outcome = Outcome::kInconclusive;
    verdict.summary =
        fmt::format("the deadline passed after {} of {} states of each profile", result.states, plan.limits.states);
  }
  for (const StorageFinding& finding : result.findings) {
    verdict.details.push_back(finding_line(finding));
    if (!finding.fix.empty()) verdict.details.push_back("would pass with " + finding.fix);
  }
  return verdict;
}

}  // namespace crashwright::harness
