#include "harness/scenario/field_tables.h"

namespace crashwright::harness {
namespace {

using Target = const FieldTarget&;
using Value = const FieldValue&;

}  // namespace

std::vector<Field> engine_fields() {
  return {
      {"engine", "command", FieldType::kCommand, "the mock engine",
       "the program and its arguments; a relative program is looked for beside the scenario file, then among the "
       "programs of the build, then in PATH",
       "command: [sh, -c, exec ./writer data.db]",
       [](Target t, Value v) {
         t.scenario.engine.command = v.texts;
         t.scenario.builds = {Build::kForeign};
       }},
      {"engine", "check", FieldType::kCommand, "none",
       "run in what the program left: exit 0 consistent and nothing acknowledged is missing, 1 violated",
       "check: [./checker, data.db]", [](Target t, Value v) { t.scenario.engine.check = v.texts; }},
      {"engine", "recover", FieldType::kCommand, "none",
       "run in the engine's folder after each death: exit 0 when what was left is in order again",
       "recover: [./engine, recover]", [](Target t, Value v) { t.scenario.engine.recover = v.texts; }},
      {"engine", "dump_state", FieldType::kCommand, "none",
       "prints the state as text: the same before and after a recovery of what was recovered",
       "dump_state: [./engine, dump]", [](Target t, Value v) { t.scenario.engine.dump_state = v.texts; }},
      {"engine", "acknowledges", FieldType::kFlag, "true",
       "false: it acknowledges nothing to anybody, and `check` judges no more than that what is left is consistent",
       "acknowledges: false", [](Target t, Value v) { t.scenario.engine.acknowledges = v.flag; }},
      {"engine", "needs", FieldType::kTextList, "none",
       "programs, looked for as `command` is; without one of them the case is SKIPPED", "needs: [redis-server]",
       [](Target t, Value v) { t.scenario.engine.needs = v.texts; }},
      {"engine", "dir", FieldType::kText, "an empty folder", "the program's folder begins as a copy of this one",
       "dir: fixtures/book", [](Target t, Value v) { t.scenario.engine.dir = v.text(); }},
  };
}

}  // namespace crashwright::harness
