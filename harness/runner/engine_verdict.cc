#include "harness/runner/engine_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "harness/runner/process.h"
#include "harness/runner/uncaught_exception.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;
using verifiers::Verdict;

constexpr int kCheckViolated = 1;
constexpr size_t kLinesShown = 12;  // of what a checker printed
constexpr const char* kDiedTooEarly =
    "the engine died before its first line `ack TOKEN`, so nothing could be missed: let the fault come later (one that "
    "promises nobody anything says `engine: {acknowledges: false}`)";
constexpr const char* kNothingAcknowledged =
    "the engine never printed a line `ack TOKEN`, so nothing could be missed: print one for each promise "
    "(docs/bring-your-own-engine.md), or say `engine: {acknowledges: false}`";

// From artefacts, as for the reference engine; what its own programs answer is judged here.
bool judged_from_artefacts(const Verdict& verdict) {
  const verifiers::Verifier* const verifier = verifiers::find_verifier(verdict.promise);
  return verifier != nullptr && (verifier->judged_in & verifiers::kOwnEngine) != 0 &&
         verdict.promise != "state_recovery";
}

std::string which(size_t death, const std::vector<AfterDeath>& deaths) {
  return deaths.size() > 1 ? fmt::format("after start {}: ", death) : std::string();
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::vector<std::string> first_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream rest(text);
  for (std::string line; lines.size() < kLinesShown && std::getline(rest, line);) lines.push_back(line);
  return lines;
}

// The second dump fails where recovering again does: the command says which it was.
std::string no_state(const HelperEnd& dump) {
  return fmt::format("no state, `{}` ended so: {}", dump.command, dump.description());
}

// Which kind of storage took it.
std::string on_profile(const verifiers::CaseView& view) {
  return view.facts.power_lost ? fmt::format(" (power lost on profile {})", view.plan.profile) : std::string();
}

Verdict judge_acknowledged(const EngineAnswers& answers, const verifiers::CaseView& view) {
  const std::vector<AfterDeath>& deaths = answers.deaths;
  const auto verdict = [](Outcome outcome, std::string summary) {
    return Verdict{"acknowledged", outcome, std::move(summary), {}};
  };
  if (!answers.checks) return verdict(Outcome::kNotApplicable, "the scenario has no `engine.check`");
  for (size_t i = 0; i < deaths.size(); ++i) {
    const HelperEnd& check = *deaths[i].check;
    if (check.well()) continue;
    const bool violated = check.in_time && ChildEnd{check.wait_status}.exited_with(kCheckViolated);
    const auto exception = uncaught_exception(check.errors);
    const bool broken_program = exception && exception->of_program;
    Verdict bad = violated && !broken_program
                      ? verdict(Outcome::kFail,
                                (check.reason().empty() ? "the checker says so" : check.reason()) + on_profile(view))
                      : verdict(Outcome::kError, "the checker could not judge: " + check.description());
    bad.summary = which(i, deaths) + bad.summary;
    bad.details = first_lines(check.output + check.errors);
    return bad;
  }
  if (!answers.acknowledges) return verdict(Outcome::kPass, "what is left is consistent" + on_profile(view));
  const size_t last = deaths.empty() ? 0 : deaths.back().acknowledged;
  const bool finished = !deaths.empty() && deaths.back().finished;
  if (last == 0) return verdict(Outcome::kInconclusive, finished ? kNothingAcknowledged : kDiedTooEarly);
  return verdict(Outcome::kPass, fmt::format("{} acknowledged, the checker misses nothing{}", last, on_profile(view)));
}

Verdict judge_recovery(const EngineAnswers& answers) {
  const std::vector<AfterDeath>& deaths = answers.deaths;
  if (!answers.recovers) {
    return {"recovery", Outcome::kNotApplicable, "the scenario has no `engine.recover`", {}};
  }
  for (size_t i = 0; i < deaths.size(); ++i) {
    if (deaths[i].recovery->well()) continue;
    return {"recovery", Outcome::kFail, which(i, deaths) + deaths[i].recovery->description(), {}};
  }
  return {"recovery", Outcome::kPass, "recovery ended in order", {}};
}

Verdict judge_state(const EngineAnswers& answers) {
  const std::vector<AfterDeath>& deaths = answers.deaths;
  if (!answers.dumps_state) {
    return {"state_recovery", Outcome::kNotApplicable, "the scenario has no `engine.dump_state`", {}};
  }
  for (size_t i = 0; i < deaths.size(); ++i) {
    for (const auto* const dump : {&deaths[i].first_dump, &deaths[i].second_dump}) {
      if ((*dump)->well()) continue;
      return {"state_recovery", Outcome::kFail, which(i, deaths) + no_state(**dump), {}};
    }
    const std::string first = trimmed(deaths[i].first_dump->output);
    const std::string second = trimmed(deaths[i].second_dump->output);
    if (first.empty()) return {"state_recovery", Outcome::kFail, which(i, deaths) + "the state dumped is empty", {}};
    if (first == second) continue;
    return {"state_recovery",
            Outcome::kFail,
            which(i, deaths) + "recovering what was recovered changes the state",
            {"first:  " + first, "second: " + second}};
  }
  return {"state_recovery", Outcome::kPass, "recovering what was recovered changes nothing", {}};
}

}  // namespace

std::vector<Verdict> judge_engine(const EngineAnswers& answers, const verifiers::CaseView& view) {
  std::vector<Verdict> verdicts = {judge_acknowledged(answers, view), judge_recovery(answers), judge_state(answers)};
  verifiers::apply_expectations(view, verdicts);
  const auto failed = [](const Verdict& verdict) { return verdict.outcome == Outcome::kFail; };
  // A checker may well be lost where the recovery failed already: that is what there is to tell.
  if (verdicts.front().outcome == Outcome::kError && std::any_of(verdicts.begin(), verdicts.end(), failed)) {
    verdicts.front().outcome = Outcome::kInconclusive;
  }
  for (Verdict& verdict : verifiers::verify_case(view)) {
    if (!judged_from_artefacts(verdict)) continue;
    if (verdict.promise == "recovery_time" && view.first_death() == nullptr && !view.plan.expect.outcome_given) {
      verdict = {verdict.promise, Outcome::kNotApplicable, "the engine ended in order", {}};
    } else if (verdict.promise == "recovery_time" && !answers.recovers && view.first_death() != nullptr) {
      verdict = {verdict.promise, Outcome::kNotApplicable, "the scenario has no `engine.recover`", {}};
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace crashwright::harness
