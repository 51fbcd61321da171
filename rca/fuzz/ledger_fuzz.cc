// Fuzz target. Ledgers of known bugs.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "rca/triage.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(ledger) { (void)rca::read_ledger(fuzz::MemoryFile(input).path()); }
