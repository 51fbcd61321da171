// Fuzz target. The list of planted bugs.
#include "base/fuzz/fuzz_target.h"
#include "harness/scenario/planted_bugs.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(planted_bugs) {
  (void)harness::load_planted_bugs_text("planted_bugs.yaml", std::string(input));
}
