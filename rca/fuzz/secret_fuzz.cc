// Fuzz target. Entries of an environment; what was masked stays as it is.
#include "base/fuzz/fuzz_target.h"
#include "rca/secret.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(secret) {
  const std::string masked = rca::mask_secret(input);
  if (rca::mask_secret(masked) != masked) __builtin_trap();
}
