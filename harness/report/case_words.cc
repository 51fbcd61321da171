#include "harness/report/case_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "harness/scenario/scenario.h"
#include "verifiers/promises.h"

namespace crashwright::harness {

std::string cause_in_words(const CaseFinished& done) {
  if (!done.autopsy) return {};
  return done.autopsy->cause + (done.autopsy->function.empty() ? "" : " in " + done.autopsy->function);
}

namespace {

// Of the same start of the engine, and done: what left the other one no time, as far as anybody knows.
const rca::InjectedFaultFact* came_before(const CaseFinished& done, const rca::InjectedFaultFact& fault) {
  for (const rca::InjectedFaultFact& other : done.faults) {
    if (other.state != "armed" && other.incarnation == fault.incarnation) return &other;
  }
  return nullptr;
}

// "passed 208 times in start 0 of the engine"; runs recorded before that was noted know the sum of all starts.
std::string passages_in_words(const CaseFinished& done, const rca::InjectedFaultFact& fault) {
  if (!fault.confirmed_by.empty()) return fault.confirmed_by;
  const uint64_t passed = done.passages.at(fault.point);
  return fmt::format("passed {} {}", passed, passed == 1 ? "time" : "times");
}

bool blames_another_function(const verifiers::Verdict& verdict) {
  return verdict.promise == "rca" && verdict.outcome == verifiers::Outcome::kFail &&
         verdict.summary.find(" is blamed, expected ") != std::string::npos;
}

}  // namespace

std::vector<verifiers::Verdict> broken_verdicts(const CaseFinished& done) {
  std::vector<verifiers::Verdict> broken;
  std::ranges::copy_if(done.verdicts, std::back_inserter(broken), [](const verifiers::Verdict& verdict) {
    return verdict.outcome != verifiers::Outcome::kPass && verdict.outcome != verifiers::Outcome::kNotApplicable;
  });
  if (std::ranges::any_of(broken, blames_another_function)) {
    std::erase_if(broken, [](const verifiers::Verdict& verdict) {
      return verdict.details.size() <= 1 && verifiers::misses_expected_function(verdict);
    });
  }
  std::ranges::stable_partition(broken, [&](const verifiers::Verdict& verdict) {
    return done.summary == verdict.promise + ": " + verdict.summary;
  });
  return broken;
}

std::string unfired_advice(const CaseFinished& done) {
  for (const rca::InjectedFaultFact& fault : done.faults) {
    if (fault.state == "confirmed") continue;
    // Of an engine of the scenario's own the runner tells what it saw in whole sentences.
    if (fault.state != "armed" || fault.point.empty() || done.build == build_name(Build::kForeign)) {
      const bool told = done.summary.find(fault.confirmed_by) != std::string::npos;
      if (!told) return fault.confirmed_by;
      continue;
    }
    const auto passed = done.passages.find(fault.point);
    if (passed == done.passages.end() || passed->second == 0) {
      return fmt::format("{} was never passed: choose another place, or a longer session (session.messages)",
                         fault.point);
    }
    const rca::InjectedFaultFact* const earlier = came_before(done, fault);
    return fmt::format(
        "{} was {}: choose an earlier hit, or {}", fault.point, passages_in_words(done, fault),
        earlier == nullptr ? "a longer session (session.messages)" : "let " + earlier->kind + " come later");
  }
  return {};
}

}  // namespace crashwright::harness
