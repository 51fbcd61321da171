#include "harness/scenario/expect_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/faults/registry.h"
#include "harness/scenario/fault_checks.h"
#include "harness/scenario/matrix.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {
namespace {

void refuse_skipped_and_broken(const YamlNode& root, const ScenarioExpect& expect, SectionReader& reader) {
  for (const std::string& promise : expect.broken) {
    if (std::find(expect.excluded.begin(), expect.excluded.end(), promise) == expect.excluded.end()) continue;
    const YamlNode& broken = *find_value(*find_value(root, "expect"), "broken");
    reader.complain(broken.position, shown_width(broken), code::kExpectation,
                    fmt::format("{} cannot be both skipped and broken", promise),
                    "a skipped promise is not judged: keep one of them");
  }
}

// A promise that this kind of case does not judge cannot be seen broken, and none would notice.
void refuse_other_promises(const YamlNode& root, const Scenario& scenario, SectionReader& reader) {
  const YamlNode* const broken = find_key(root, "expect.broken");
  if (broken == nullptr || scenario.exploration) return;  // which takes no such key (exploration_checks.h)
  const bool own = !scenario.engine.command.empty();
  for (const std::string& promise : scenario.expect.broken) {
    const verifiers::Verifier* const verifier = verifiers::find_verifier(promise);
    const bool judged =
        verifier != nullptr && (verifier->judged_in & (own ? verifiers::kOwnEngine : verifiers::kReferenceEngine)) != 0;
    if (verifier == nullptr || judged) continue;
    reader.complain(broken->position, shown_width(*broken), code::kExpectation,
                    fmt::format("{} is not judged in a case of {}", promise,
                                own ? "an engine of one's own" : "the reference engine"),
                    "it is judged in cases of " + verifiers::judged_in_words(*verifier) + ": leave it out");
  }
}

// Details of a promise that is not judged: one of the two was not meant.
void refuse_skipped_details(const YamlNode& root, const ScenarioExpect& expect, SectionReader& reader) {
  const struct {
    const char* promise;
    const char* key;
  } kDetails[] = {{"rca", "expect.rca"}, {"recovery_time", "expect.recovery_time"}, {"handler", "expect.handler_time"}};
  for (const auto& one : kDetails) {
    const YamlNode* const key = find_key(root, one.key);
    const bool skipped =
        std::find(expect.excluded.begin(), expect.excluded.end(), one.promise) != expect.excluded.end();
    if (key == nullptr || !skipped) continue;
    reader.complain(key->position, shown_width(*key), code::kExpectation,
                    fmt::format("\"{}\" says what is expected of {}, which is skipped", key->text, one.promise),
                    "a skipped promise is not judged: keep one of them");
  }
}

// What the faults make impossible, where that is certain.
void refuse_impossible_outcome(const YamlNode& root, const Scenario& scenario, SectionReader& reader) {
  const YamlNode* const outcome = find_key(root, "expect.outcome");
  const YamlNode* const refusal = find_key(root, "expect.refusal");
  const auto& expected = scenario.expect.outcome;
  if (refusal != nullptr && expected != ScenarioOutcome::kRefuse) {
    reader.complain(refusal->position, shown_width(*refusal), code::kExpectation,
                    "\"refusal\" is for an engine that is to refuse, which is not expected here",
                    "add `outcome: refuse`");
  }
  const bool reads_all = !scenario.matrix && !reader.has_refused_fault();
  if (!reads_all || !scenario.engine.command.empty()) return;
  if (outcome != nullptr && expected == ScenarioOutcome::kCrash && scenario.faults.empty()) {
    reader.complain(outcome->position, shown_width(*outcome), code::kExpectation,
                    "\"outcome\" cannot be crash: without a fault nothing dies", "add a fault, or leave it out");
  }
  const auto kills = [](const ScenarioFault& fault) { return is_death(fault, *find_fault_kind(fault.kind)); };
  const auto killer = std::find_if(scenario.faults.begin(), scenario.faults.end(), kills);
  if (outcome != nullptr && expected == ScenarioOutcome::kFinish && killer != scenario.faults.end() &&
      !killer->probability_ppb) {
    reader.complain(outcome->position, shown_width(*outcome), code::kExpectation,
                    fmt::format("\"outcome\" cannot be finish, never dies: {} ends the process", killer->kind),
                    "write crash, or leave it out");
  }
  const YamlNode* const cause = find_key(root, "expect.rca.cause");
  const bool no_fault = scenario.expect.causes == std::vector<std::string>{"NO_FAULT"};
  if (cause != nullptr && no_fault && killer != scenario.faults.end() && !killer->probability_ppb) {
    reader.complain(cause->position, shown_width(*cause), code::kExpectation,
                    fmt::format("\"cause\" cannot be NO_FAULT: {} ends the process", killer->kind), "leave it out");
  }
}

// A sweep says where and at which passage; a fault that says so too would not be swept, or not as it says.
void check_sweep(const YamlNode& root, const Scenario& scenario, SectionReader& reader) {
  if (!scenario.sweep) return;
  const YamlNode& sweep = *find_value(root, "sweep");
  std::vector<const ScenarioFault*> open;
  for (const ScenarioFault& fault : scenario.faults) {
    if (is_place_open(fault)) open.push_back(&fault);
  }
  if (open.empty() && reader.has_refused_fault()) return;  // that one may be meant
  if (open.size() != 1) {
    reader.complain(
        sweep.position, 1, code::kMatrix,
        fmt::format("a sweep is of one fault without `at`; here {}", open.empty() ? "there is none" : "there are more"),
        open.empty() ? "leave out `at` in the fault to sweep" : "write `at` in the others");
    return;
  }
  if (!open.front()->hit && !open.front()->probability_ppb) return;
  reader.complain(open.front()->position, open.front()->kind.size(), code::kMatrix,
                  fmt::format("the sweep decides at which passage {} happens", open.front()->kind),
                  "leave out its trigger");
}

// A session that is not over by then would be killed for it, whatever the engine does.
void refuse_short_deadline(const YamlNode& root, const Scenario& scenario, SectionReader& reader) {
  const Session& session = scenario.session;
  if (!scenario.engine.command.empty() || scenario.exploration || session.feed_rate == 0) return;
  const uint64_t takes_ms = session.messages * 1000 / session.feed_rate;
  const YamlNode* const rate = find_key(root, "session.feed_rate");
  const YamlNode* const deadline = find_key(root, "deadline");
  const YamlNode* const place = deadline != nullptr ? deadline : rate;
  if (takes_ms < scenario.deadline_ms || place == nullptr) return;
  reader.complain(place->position, shown_width(*place), code::kExpectation,
                  fmt::format("{} messages at {} a second take {} s, the case has to be over after {} s",
                              session.messages, session.feed_rate, takes_ms / 1000, scenario.deadline_ms / 1000),
                  fmt::format("give it more: `deadline: {}s`", 2 * takes_ms / 1000 + 10));
}

}  // namespace

void check_expectations(const YamlNode& root, const Scenario& scenario, SectionReader& reader) {
  refuse_skipped_and_broken(root, scenario.expect, reader);
  refuse_other_promises(root, scenario, reader);
  refuse_skipped_details(root, scenario.expect, reader);
  refuse_impossible_outcome(root, scenario, reader);
  check_sweep(root, scenario, reader);
  refuse_short_deadline(root, scenario, reader);
}

}  // namespace crashwright::harness
