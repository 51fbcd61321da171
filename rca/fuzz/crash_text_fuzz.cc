// Fuzz target. Texts of any kind: what the autopsy says of them.
#include "base/fuzz/fuzz_target.h"
#include "rca/autopsy.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(crash_text) { (void)rca::autopsy_text(std::string(input)); }
