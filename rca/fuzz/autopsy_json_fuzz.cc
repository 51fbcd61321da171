// Fuzz target. Recorded autopsies.
#include "base/fuzz/fuzz_target.h"
#include "rca/autopsy.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(autopsy_json) { (void)rca::autopsy_from_json(std::string(input)); }
