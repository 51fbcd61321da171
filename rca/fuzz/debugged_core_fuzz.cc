// Fuzz target. A core together with its program: unwinding, inlined calls, arguments and locals by DWARF.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "rca/autopsy.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(debugged_core) {
  const fuzz::MemoryFile program(fuzz::take_part(input), 1);
  const fuzz::MemoryFile core(input);
  rca::AutopsyOptions options;
  options.executable = program.path();
  (void)rca::autopsy_core(core.path(), options);
}
