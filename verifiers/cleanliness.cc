// Promise: no process, mount, cgroup, shared memory or temporary file is left. Witness: the kernel, asked by the runner
// after the case was undone.
#include "verifiers/promises.h"

namespace crashwright::verifiers {

Verdict verify_cleanliness(const CaseView& view) {
  Findings findings("cleanliness");
  for (const std::string& leftover : view.facts.leftovers) findings.fail("left behind: " + leftover);
  return findings.finish("nothing left behind");
}

}  // namespace crashwright::verifiers
