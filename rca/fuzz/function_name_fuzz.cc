// Fuzz target. Names of functions, mangled and as people write them.
#include "base/fuzz/fuzz_target.h"
#include "rca/function_name.h"
#include "rca/symbolizer.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(function_name) {
  const std::string plain = rca::plain_function_name(input);
  (void)rca::short_function_name(plain);
  (void)rca::demangled(std::string(input));
}
