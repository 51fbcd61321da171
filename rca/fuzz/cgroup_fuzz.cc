// Fuzz target. Event files of control groups, and the kernel's lines about memory that ran out.
#include "base/fuzz/fuzz_target.h"
#include "rca/memory_scope.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(cgroup) {
  rca::CgroupFiles files;
  files.folder = "fuzz";
  for (std::string* const part : {&files.events, &files.local_events, &files.oom_control})
    *part = fuzz::take_part(input);
  files.failures = input;
  (void)rca::scope_in_cgroup(files);
  (void)rca::scope_in_lines(fuzz::lines_of(input));
}
