// Fuzz target. The ledger of what a run made on this machine.
#include "base/fuzz/fuzz_target.h"
#include "harness/runner/ledger.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(run_ledger) { (void)harness::parse_ledger(input); }
