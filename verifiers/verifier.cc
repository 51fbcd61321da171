#include "verifiers/verifier.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

namespace crashwright::verifiers {

const char* outcome_name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::kPass:
      return "PASS";
    case Outcome::kFail:
      return "FAIL";
    case Outcome::kInconclusive:
      return "INCONCLUSIVE";
    case Outcome::kSkipped:
      return "SKIPPED";
    case Outcome::kError:
      return "ERROR";
    case Outcome::kNotApplicable:
      return "NOT_APPLICABLE";
  }
  return "ERROR";
}

Verdict Findings::finish(std::string summary) const {
  if (failures_.empty()) return {promise_, Outcome::kPass, std::move(summary), notes_};
  return {promise_, Outcome::kFail, failures_.front(), failures_};
}

Verdict Findings::skip(std::string need) const { return {promise_, Outcome::kSkipped, std::move(need), {}}; }

Verdict Findings::not_applicable(std::string why) const {
  return {promise_, Outcome::kNotApplicable, std::move(why), {}};
}

Verdict Findings::inconclusive(std::string why) const { return {promise_, Outcome::kInconclusive, std::move(why), {}}; }

Verdict Findings::error(std::string why) const { return {promise_, Outcome::kError, std::move(why), {}}; }

std::string judged_in_words(const Verifier& verifier) {
  std::string words;
  const auto add = [&](JudgedIn kind, const char* word) {
    if ((verifier.judged_in & kind) != 0) words += std::string(words.empty() ? "" : ", ") + word;
  };
  add(kReferenceEngine, "the reference engine");
  add(kOwnEngine, "engines of your own");
  add(kExploration, "explorations");
  return words;
}

const Verifier* find_verifier(const std::string& name) noexcept {
  for (const Verifier& verifier : all_verifiers()) {
    if (name == verifier.name) return &verifier;
  }
  return nullptr;
}

namespace {

// A weakness that the scenario knows of: seen it is as expected, not seen the scenario is no longer true, if only what
// was to show it happened at all.
void turn_around(Verdict& verdict, bool every_fault_fired) {
  if (verdict.outcome == Outcome::kFail) {
    verdict.outcome = Outcome::kPass;
    verdict.summary = "broken, as the scenario expects: " + verdict.summary;
  } else if (verdict.outcome == Outcome::kPass && !every_fault_fired) {
    verdict.outcome = Outcome::kInconclusive;
    verdict.summary = "expected to be broken, but a fault never fired: " + verdict.summary;
  } else if (verdict.outcome == Outcome::kPass) {
    verdict.outcome = Outcome::kFail;
    verdict.summary = "kept, but the scenario expects it to be broken: " + verdict.summary;
  }
}

}  // namespace

void apply_expectations(const CaseView& view, std::vector<Verdict>& verdicts) {
  const Expectations& expect = view.plan.expect;
  const auto listed = [](const std::vector<std::string>& promises, const std::string& promise) {
    return std::find(promises.begin(), promises.end(), promise) != promises.end();
  };
  const bool every_fault_fired =
      std::none_of(view.facts.faults.begin(), view.facts.faults.end(),
                   [](const rca::InjectedFaultFact& fault) { return fault.state == "armed"; });
  for (Verdict& verdict : verdicts) {
    if (listed(expect.excluded, verdict.promise)) {
      verdict.outcome = Outcome::kNotApplicable;
      verdict.summary = "not judged: the scenario says so";
      verdict.details.clear();
    } else if (listed(expect.broken, verdict.promise)) {
      turn_around(verdict, every_fault_fired);
    }
  }
}

std::vector<Verdict> verify_case(const CaseView& view) {
  std::vector<Verdict> verdicts;
  const std::vector<std::string>& excluded = view.plan.expect.excluded;
  for (const Verifier& verifier : all_verifiers()) {
    if (verifier.verify == nullptr) continue;
    if (std::find(excluded.begin(), excluded.end(), verifier.name) != excluded.end()) {
      verdicts.push_back(Findings(verifier.name).not_applicable("not judged: the scenario says so"));
      continue;
    }
    try {
      verdicts.push_back(verifier.verify(view));
    } catch (const std::exception& trouble) {
      verdicts.push_back(Findings(verifier.name).error(std::string("the verifier itself failed: ") + trouble.what()));
    }
  }
  apply_expectations(view, verdicts);
  return verdicts;
}

std::string verdicts_to_json(const std::vector<Verdict>& verdicts) {
  auto list = nlohmann::json::array();
  for (const Verdict& verdict : verdicts) {
    list.push_back({{"promise", verdict.promise},
                    {"outcome", outcome_name(verdict.outcome)},
                    {"summary", verdict.summary},
                    {"details", verdict.details}});
  }
  return list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace crashwright::verifiers
