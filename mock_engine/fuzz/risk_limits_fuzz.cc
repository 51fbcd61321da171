// Fuzz target. The file of the risk limits.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "mock_engine/risk_gate.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(risk_limits) { (void)mock_engine::read_risk_limits(fuzz::MemoryFile(input).path()); }
