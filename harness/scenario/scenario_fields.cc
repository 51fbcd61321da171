#include "harness/scenario/field_tables.h"

namespace crashwright::harness {
namespace {

using Target = const FieldTarget&;
using Value = const FieldValue&;

std::vector<std::string> build_words() { return {"release", "asan", "both"}; }

std::vector<std::string> core_words() { return {"kernel", "outside", "self"}; }

void set_core(Target target, Value value) {
  target.scenario.core = value.text() == "kernel"    ? CoreWay::kKernel
                         : value.text() == "outside" ? CoreWay::kOutside
                                                     : CoreWay::kSelf;
}

void set_builds(Target target, Value value) {
  bool release = false;
  bool asan = false;
  for (const std::string& word : value.texts) {
    release = release || word != "asan";
    asan = asan || word != "release";
  }
  target.scenario.builds.clear();
  if (release) target.scenario.builds.push_back(Build::kRelease);
  if (asan) target.scenario.builds.push_back(Build::kAsan);
}

}  // namespace

std::vector<Field> scenario_fields() {
  return {
      {"", "name", FieldType::kText, "required", "what the scenario is called in every report; unique in a run",
       "name: null dereference while sending an order", [](Target t, Value v) { t.scenario.name = v.text(); }},
      {"", "why", FieldType::kText, "none", "one line: what this proves, shown in the report",
       "why: the commonest crash of all", [](Target t, Value v) { t.scenario.why = v.text(); }},
      {"", "tags", FieldType::kTextList, "none", "words to select by (--tag)", "tags: [smoke, memory]",
       [](Target t, Value v) { t.scenario.tags = v.texts; }},
      {"", "include", FieldType::kTextList, "none",
       "parts in common with other scenarios, NAME.part.yaml, relative to this file; what stands here wins",
       "include: ../common/slow_exchange.part.yaml", [](Target, Value) {}},
      {"", "build", FieldType::kWordList, "release", "engine builds to run with; each is a case of its own",
       "build: both", set_builds, build_words},
      {"", "engine", FieldType::kSection, "the mock engine", "another program, and who judges what it leaves",
       "engine: {command: [./writer, data.db], check: [./checker, data.db]}"},
      {"", "session", FieldType::kSection, "all defaults", "the engine's input and how it works through it",
       "session: {messages: 2000, durability: power_loss}"},
      {"", "faults", FieldType::kFaultList, "none", "what goes wrong, in order; none makes a control",
       "faults: [{sigkill: {at: gateway.after_send, hit: 30}}]"},
      {"", "exchange", FieldType::kSection, "well-behaved", "how the mock exchange behaves",
       "exchange: {cancel_on_disconnect: true}"},
      {"", "matrix", FieldType::kSection, "none", "every combination of what is listed is a case of its own",
       "matrix: {profiles: [E, S], points: [gateway.send_order, gateway.after_send]}",
       [](Target t, Value) { t.scenario.matrix.emplace(); }},
      {"", "sweep", FieldType::kSection, "none",
       "the faults without `at` happen at each of the engine's fault points, at several passages, each a case",
       "sweep: {points: gateway.*}", [](Target t, Value) { t.scenario.sweep.emplace(); }},
      {"", "seed", FieldType::kCount, "the run's",
       "in place of the run's seed: what it decides is the same in every run", "seed: 42",
       [](Target t, Value v) { t.scenario.seed = v.number; }, nullptr, 1},
      {"", "storage", FieldType::kSection, "a plain folder", "what the data folder lives on", "storage: {profile: S}"},
      {"", "expect", FieldType::kSection, "every promise holds", "what is particular to this scenario",
       "expect: {rca: {cause: NULL_DEREF}}"},
      {"", "deadline", FieldType::kDuration, "20s; 10min with storage.explore",
       "the engine must be over by then; what judges it afterwards has as long again, 10 s at most", "deadline: 30s",
       [](Target t, Value v) { t.scenario.deadline_ms = v.number / 1'000'000; }, nullptr, 1'000'000'000,
       3'600'000'000'000},
      {"", "core", FieldType::kWord, "the best that works",
       "the only way to a core that the engine is left: kernel, outside (RLIMIT_CORE is hard zero, the harness traces) "
       "or self (a seccomp filter forbids ptrace as well, the crash handler writes it)",
       "core: self", set_core, core_words},
      {"", "needs", FieldType::kWordList, "those of the faults",
       "what the machine must offer, otherwise the case is SKIPPED", "needs: [core]",
       [](Target t, Value v) { t.scenario.needs = v.texts; }, need_names},
  };
}

}  // namespace crashwright::harness
