#include "harness/scenario/field_tables.h"

namespace crashwright::harness {
namespace {

using Target = const FieldTarget&;
using Value = const FieldValue&;

std::vector<std::string> build_words() { return {"release", "asan"}; }
std::vector<std::string> profile_words() { return {"K", "E", "S"}; }
std::vector<std::string> passage_words() { return {"first", "middle", "last"}; }

}  // namespace

std::vector<Field> matrix_fields() {
  return {
      {"matrix", "builds", FieldType::kWordList, "no dimension", "engine builds", "builds: [release, asan]",
       [](Target t, Value v) { t.scenario.matrix->builds = v.texts; }, build_words},
      {"matrix", "profiles", FieldType::kWordList, "no dimension", "storage profiles", "profiles: [E, S]",
       [](Target t, Value v) { t.scenario.matrix->profiles = v.texts; }, profile_words},
      {"matrix", "seeds", FieldType::kCountList, "no dimension", "seeds in place of the run's", "seeds: [1, 2, 3]",
       [](Target t, Value v) { t.scenario.matrix->seeds = v.texts; }, nullptr, 1},
      {"matrix", "faults", FieldType::kFaultList, "no dimension", "each in turn behind those of `faults`",
       "faults: [{sigkill: {hit: 30}}, {abort: {hit: 30}}]"},
      {"matrix", "points", FieldType::kTextList, "no dimension",
       "fault points, for the faults that name neither `at` nor a time; * stands for any text, a case for each of the "
       "engine's points that match",
       "points: [gateway.*, book.apply]", [](Target t, Value v) { t.scenario.matrix->points = v.texts; }},
      {"sweep", "points", FieldType::kTextList, "all", "fault points to sweep, * stands for any text",
       "points: [gateway.*, audit.before_write]", [](Target t, Value v) { t.scenario.sweep->points = v.texts; }},
      {"sweep", "passages", FieldType::kWordList, "[first, middle, last]",
       "which passages of a point, as counted beforehand in the session without these faults",
       "passages: [first, last]", [](Target t, Value v) { t.scenario.sweep->passages = v.texts; }, passage_words},
  };
}

}  // namespace crashwright::harness
