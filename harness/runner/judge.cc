#include "harness/runner/judge.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/faults/registry.h"
#include "verifiers/deaths.h"
#include "verifiers/promises.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;
using verifiers::Verdict;

// Promises about the death itself: without the planned death there is nothing that they could hold against the engine.
constexpr std::array<std::string_view, 4> kAboutTheDeath = {"core_capture", "rca", "recovery_time", "handler"};

int badness(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNotApplicable:
    case Outcome::kPass:
      return 0;
    case Outcome::kSkipped:
      return 1;
    case Outcome::kInconclusive:
      return 2;
    case Outcome::kFail:
      return 3;
    case Outcome::kError:
      break;
  }
  return 4;
}

bool about_the_death(const Verdict& verdict) {
  return std::find(kAboutTheDeath.begin(), kAboutTheDeath.end(), verdict.promise) != kAboutTheDeath.end();
}

std::string describe(const rca::InjectedFaultFact& fault) {
  const std::string where = fault.point.empty() ? "" : " at " + fault.point;
  if (fault.state == "armed") return "the fault " + fault.kind + where + " never fired";
  const std::string but = fault.confirmed_by.empty() ? "nobody saw its effect" : fault.confirmed_by;
  return "the fault " + fault.kind + where + " fired, but " + but;
}

// Armed before fired: without the one the other had no chance.
const rca::InjectedFaultFact* unproven_fault(const rca::CaseFacts& facts) {
  const rca::InjectedFaultFact* found = nullptr;
  for (const rca::InjectedFaultFact& fault : facts.faults) {
    if (fault.state == "armed") return &fault;
    if (fault.state != "confirmed" && found == nullptr) found = &fault;
  }
  return found;
}

// The thread that passed the point has done it, or hangs: a death of another kind is the engine's answer to it.
bool was_committed_by_the_engine(const rca::InjectedFaultFact& fault) {
  const FaultKind* const kind = find_fault_kind(fault.kind);
  return fault.state == "fired" && kind != nullptr &&
         (postmortem::crashes_by_itself(kind->action) || postmortem::is_hang(kind->action) ||
          kind->outside == OutsideAction::kNullCall);
}

bool crashed(const rca::ProcessFacts& process) {
  return process.killed_by.empty() && verifiers::is_crash_signal(verifiers::ending_signal(process));
}

// The worse one, or the earlier one; but that a function is blamed says more than that another one is not on the stack,
// and what the books are wrong by more than that they are.
bool is_told_before(const Verdict& verdict, const Verdict& earlier) {
  const int difference = badness(verdict.outcome) - badness(earlier.outcome);
  return difference > 0 ||
         (difference == 0 && verdict.promise == "rca" && verifiers::misses_expected_function(earlier)) ||
         (difference == 0 && verdict.promise == "reconciliation" && earlier.promise == "state_recovery");
}

}  // namespace

void set_aside_unproven(const rca::CaseFacts& facts, std::vector<Verdict>& verdicts) {
  const rca::InjectedFaultFact* const unproven = unproven_fault(facts);
  if (unproven == nullptr || std::any_of(facts.processes.begin(), facts.processes.end(), crashed)) return;
  if (std::any_of(facts.faults.begin(), facts.faults.end(), was_committed_by_the_engine)) return;
  for (Verdict& verdict : verdicts) {
    if (!about_the_death(verdict) || badness(verdict.outcome) == 0 || verdict.outcome == Outcome::kError) continue;
    verdict = {verdict.promise, Outcome::kNotApplicable, "not judged: " + describe(*unproven), {}};
  }
}

Judgement judge(const rca::CaseFacts& facts, const std::vector<Verdict>& verdicts) {
  if (!facts.environment_error.empty()) return {Outcome::kError, facts.environment_error};
  if (!facts.skipped_need.empty()) return {Outcome::kSkipped, "missing: " + facts.skipped_need};
  const rca::InjectedFaultFact* const unproven = unproven_fault(facts);
  const Verdict* worst = nullptr;
  size_t kept = 0;
  for (const Verdict& verdict : verdicts) {
    if (verdict.outcome == Outcome::kPass) ++kept;
    if (worst == nullptr || is_told_before(verdict, *worst)) worst = &verdict;
  }
  const int worst_badness = worst == nullptr ? 0 : badness(worst->outcome);
  if (unproven != nullptr && worst_badness <= badness(Outcome::kInconclusive)) {
    return {Outcome::kInconclusive, describe(*unproven)};
  }
  if (worst_badness > 0) return {worst->outcome, worst->promise + ": " + worst->summary};
  if (kept == 0) return {Outcome::kInconclusive, "no promise was judged"};
  return {Outcome::kPass, std::to_string(kept) + (kept == 1 ? " promise kept" : " promises kept")};
}

}  // namespace crashwright::harness
