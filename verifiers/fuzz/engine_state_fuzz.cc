// Fuzz target. The engine's own account of its state.
#include "base/fuzz/fuzz_target.h"
#include "verifiers/engine_state.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(engine_state) { (void)verifiers::parse_engine_state(std::string(input)); }
