// Fuzz target. The facts of a case.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "rca/facts.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(facts) { (void)rca::read_case_facts(fuzz::MemoryFile(input).path()); }
