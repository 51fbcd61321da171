#include "harness/scenario/field_tables.h"

namespace crashwright::harness {
namespace {

using Target = const FieldTarget&;
using Value = const FieldValue&;

std::vector<std::string> scope_words() { return {"process", "thread"}; }
std::vector<std::string> during_words() { return {"recovery"}; }
std::vector<std::string> file_words() { return {"audit.log", "state.bin"}; }

void set_at(Target target, Value value) {
  target.fault->at = value.text();
  target.fault->at_position = value.position;
}

std::vector<Field> trigger_fields() {
  return {
      {"fault", "at", FieldType::kText, "of the kind, or required", "fault point (mock_engine --list-fault-points)",
       "at: gateway.send_order", set_at},
      {"fault", "hit", FieldType::kCount, "1", "fires at the n-th passage of the point", "hit: 100",
       [](Target t, Value v) { t.fault->hit = v.number; }, nullptr, 1},
      {"fault", "scope", FieldType::kWord, "process", "process or thread: what passages are counted in",
       "scope: thread", [](Target t, Value v) { t.fault->per_thread = v.text() == "thread"; }, scope_words},
      {"fault", "thread", FieldType::kText, "any", "only this thread may fire it", "thread: trading",
       [](Target t, Value v) { t.fault->thread = v.text(); }, nullptr, 0, 15},
      {"fault", "probability", FieldType::kFraction, "none", "each passage fires with this probability",
       "probability: 0.01", [](Target t, Value v) { t.fault->probability_ppb = v.number; }, nullptr, 1},
      {"fault", "seed", FieldType::kCount, "from the case's seed", "of the probability", "seed: 7",
       [](Target t, Value v) { t.fault->seed = v.number; }, nullptr, 1},
      {"fault", "after", FieldType::kDuration, "none",
       "fires so long after the engine's start, at the first passage when there is an `at`; without "
       "`session: {feed_rate: N}` a session is soon over",
       "after: 20ms", [](Target t, Value v) { t.fault->after_ns = v.number; }, nullptr, 1},
      {"fault", "feed_sequence", FieldType::kCount, "none", "fires once the feed is applied up to this message",
       "feed_sequence: 2500", [](Target t, Value v) { t.fault->feed_sequence = v.number; }, nullptr, 1},
      {"fault", "incarnation", FieldType::kCount, "after the faults before it",
       "start of the engine in which it fires; 0 is the first", "incarnation: 1",
       [](Target t, Value v) { t.fault->incarnation = static_cast<uint32_t>(v.number); }, nullptr, 0, 15},
      {"fault", "during", FieldType::kWord, "none", "recovery: in the start that follows the faults before this one",
       "during: recovery", [](Target t, Value) { t.fault->during_recovery = true; }, during_words},
  };
}

}  // namespace

std::vector<Field> fault_fields() {
  std::vector<Field> fields = trigger_fields();
  const std::vector<Field> particular = {
      {"fault", "file", FieldType::kWord, "audit.log", "file of the data folder that it hits", "file: state.bin",
       [](Target t, Value v) { t.fault->file = v.text(); }, file_words},
      {"fault", "bytes", FieldType::kSize, "512B", "of the write that still reach the file", "bytes: 100B",
       [](Target t, Value v) { t.fault->bytes = v.number; }, nullptr, 0, 1 << 30},
      {"fault", "lose", FieldType::kCount, "what the seed says", "at most so many unsynced writes and changes are lost",
       "lose: 1", [](Target t, Value v) { t.fault->lost_max = v.number; }, nullptr, 1, 1ULL << 32},
      {"fault", "headroom", FieldType::kSize, "16MiB", "address space left when the limit is set", "headroom: 8MiB",
       [](Target t, Value v) { t.fault->headroom_bytes = v.number; }, nullptr, 0, 1ULL << 40},
      {"fault", "limit", FieldType::kSize, "192MiB", "of the engine's memory cgroup", "limit: 256MiB",
       [](Target t, Value v) { t.fault->limit_bytes = v.number; }, nullptr, 64ULL << 20, 1ULL << 40},
      {"fault", "for", FieldType::kDuration, "for good", "how long the process stands still", "for: 50ms",
       [](Target t, Value v) { t.fault->for_ns = v.number; }, nullptr, 1'000'000, 60'000'000'000},
      {"fault", "stage", FieldType::kCount, "1", "of the crash handler, 1 to 8", "stage: 3",
       [](Target t, Value v) { t.fault->stage = v.number; }, nullptr, 1, 8},
      {"fault", "offset", FieldType::kPlace, "50%", "where in the file", "offset: -100B",
       [](Target t, Value v) { t.fault->damage = v.place; }},
  };
  fields.insert(fields.end(), particular.begin(), particular.end());
  return fields;
}

}  // namespace crashwright::harness
