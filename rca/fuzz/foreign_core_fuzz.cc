// Fuzz target. Cores of other machines: their notes.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "rca/foreign_core.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(foreign_core) { (void)rca::read_foreign_core(fuzz::MemoryFile(input).path()); }
