// Fuzz target. Scenario files: YAML, includes, matrix, all checks.
#include "base/fuzz/fuzz_target.h"
#include "harness/scenario/loader.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(scenario) { (void)harness::load_scenario_text("fuzz.yaml", std::string(input)); }
