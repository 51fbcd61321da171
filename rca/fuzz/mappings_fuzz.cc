// Fuzz target. The text of /proc/PID/maps, and calls in the files that it names.
#include "base/fuzz/fuzz_target.h"
#include "rca/code_ranges.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(mappings) {
  const rca::CodeRanges ranges(input);
  for (const rca::FileMapping& mapping : rca::parse_file_mappings(input)) {
    if (mapping.path == "/proc/self/exe") (void)ranges.follows_call(mapping.begin + 64);
  }
}
