// Fuzz target. The texts of /proc/PID/stat and /proc/PID/smaps.
#include "base/fuzz/fuzz_target.h"
#include "harness/runner/memory_map.h"
#include "harness/runner/proc_info.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(process_text) {
  (void)harness::parse_process_stat(input);
  for (const harness::Mapping& mapping : harness::parse_memory_map(input)) (void)harness::belongs_in_core(mapping);
}
