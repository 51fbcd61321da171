// Promise: from the fault to the first correct order (or the resumed session) within the budget, and no start behind
// the fault dies once more of itself. Witness: the clock of the harness, and its account of who sent what.
#include "verifiers/deaths.h"
#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

constexpr uint64_t kDefaultBudgetMs = 10'000;
constexpr uint64_t kNsPerMs = 1'000'000;

}  // namespace

Verdict verify_recovery_time(const CaseView& view) {
  Findings findings("recovery_time");
  if (view.plan.expect.outcome != ExpectedOutcome::kCrash)
    return findings.not_applicable("nothing had to be recovered");
  if (view.first_death() == nullptr) return findings.inconclusive("nothing died");
  if (!view.facts.recovery_time_ns) {
    findings.fail("the session was never resumed after the death");
    return findings.finish({});
  }
  for (const rca::ProcessFacts* const engine : view.engines()) {
    if (engine == view.first_death() || !died_unplanned(view, *engine)) continue;
    findings.fail("start " + std::to_string(engine->incarnation) +
                  " had no fault left and died once more: " + describe_ending(*engine));
  }
  const uint64_t took_ms = *view.facts.recovery_time_ns / kNsPerMs;
  const uint64_t budget_ms = view.plan.expect.recovery_time_ms_max.value_or(kDefaultBudgetMs);
  if (took_ms > budget_ms) {
    findings.fail("resumed after " + std::to_string(took_ms) + " ms, the budget is " + std::to_string(budget_ms) +
                  " ms");
  }
  return findings.finish("resumed after " + std::to_string(took_ms) + " ms");
}

}  // namespace crashwright::verifiers
