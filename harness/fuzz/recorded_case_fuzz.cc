// Fuzz target. What a case folder says of its case: plan.json beside the scenario's text.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_folder.h"
#include "harness/cli/recorded_case.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(recorded_case) {
  (void)fuzz::write_in_memory("scenario.yaml", fuzz::take_part(input));
  (void)fuzz::write_in_memory("plan.json", input);
  const auto recorded = harness::cli::read_recorded_case(fuzz::memory_folder());
  if (recorded) (void)harness::cli::plan_again(*recorded, recorded->scenario_text, "scenario.yaml");
}
