// Fuzz target. What the programs of an engine of one's own answered after a death.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_folder.h"
#include "harness/runner/engine_answers.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(engine_answers) {
  (void)fuzz::write_in_memory("answers.json", input);
  (void)harness::read_answers(fuzz::memory_folder());
}
