#include "harness/scenario/field_tables.h"
#include "rca/cause.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {
namespace {

using Target = const FieldTarget&;
using Value = const FieldValue&;

std::vector<std::string> outcome_words() { return {"crash", "finish", "refuse"}; }

std::vector<std::string> promise_words() {
  std::vector<std::string> names;
  for (const verifiers::Verifier& verifier : verifiers::all_verifiers()) names.emplace_back(verifier.name);
  return names;
}

std::vector<std::string> cause_words() {
  std::vector<std::string> names;
  for (const rca::Cause& cause : rca::all_causes()) names.emplace_back(cause.name);
  return names;
}

void set_outcome(Target target, Value value) {
  target.scenario.expect.outcome = value.text() == "crash"    ? ScenarioOutcome::kCrash
                                   : value.text() == "finish" ? ScenarioOutcome::kFinish
                                                              : ScenarioOutcome::kRefuse;
}

}  // namespace

std::vector<Field> expect_fields() {
  return {
      {"expect", "outcome", FieldType::kWord, "from the faults",
       "crash: dies, restarts, finishes; finish: never dies; refuse: the restart refuses to trade", "outcome: refuse",
       set_outcome, outcome_words},
      {"expect", "rca", FieldType::kSection, "from the first fault", "what the autopsy must find",
       "rca: {cause: NULL_DEREF, function: OrderGateway::send}"},
      {"expect", "storage", FieldType::kSection, "clean", "what an exploration of power losses must find",
       "storage: {verdict: violated, profile: E, reason: acknowledged and lost}"},
      {"expect", "recovery_time", FieldType::kDuration, "reported only", "budget from the fault to trading again",
       "recovery_time: 500ms", [](Target t, Value v) { t.scenario.expect.recovery_time_ms = v.number / 1'000'000; },
       nullptr, 1'000'000, 3'600'000'000'000},
      {"expect", "handler_time", FieldType::kDuration, "the verifier's", "budget of the crash handler",
       "handler_time: 50ms", [](Target t, Value v) { t.scenario.expect.handler_time_ms = v.number / 1'000'000; },
       nullptr, 1'000'000, 60'000'000'000},
      {"expect", "refusal", FieldType::kText, "an account of the damage",
       "what an engine that is to refuse must say on standard error", "refusal: configuration skew",
       [](Target t, Value v) { t.scenario.expect.refusal = v.text(); }},
      {"expect", "skip", FieldType::kWordList, "none", "promises that are not judged here", "skip: [core_capture]",
       [](Target t, Value v) { t.scenario.expect.excluded = v.texts; }, promise_words},
      {"expect", "broken", FieldType::kWordList, "none",
       "promises that must be broken here, a weakness that is known; one that holds fails the case",
       "broken: [continuity]", [](Target t, Value v) { t.scenario.expect.broken = v.texts; }, promise_words},
      {"expect.rca", "cause", FieldType::kWordList, "from the first fault", "accepted causes", "cause: NULL_DEREF",
       [](Target t, Value v) { t.scenario.expect.causes = v.texts; }, cause_words},
      {"expect.rca", "function", FieldType::kText, "not judged", "the engine's function to blame",
       "function: OrderGateway::send", [](Target t, Value v) { t.scenario.expect.function = v.text(); }},
      {"expect.rca", "thread", FieldType::kText, "not judged", "name of the thread that failed", "thread: trading",
       [](Target t, Value v) { t.scenario.expect.thread = v.text(); }, nullptr, 0, 15},
      {"expect.rca", "confidence", FieldType::kFraction, "0.5", "the least confidence to accept", "confidence: 0.8",
       [](Target t, Value v) { t.scenario.expect.confidence_min = static_cast<double>(v.number) / 1e9; }},
  };
}

}  // namespace crashwright::harness
