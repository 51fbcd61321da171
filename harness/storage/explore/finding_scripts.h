// The scripts beside a kept finding: judge.sh asks the checker about the kept image again, repro.sh repeats what found
// it.
//
// Threads: any. Errors: kEnvironment when the folder of the finding cannot be written.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/explore/finding.h"

namespace crashwright::harness {

// Nothing is kept of a finding without a folder. `repro` is the text of repro.sh; `checker` holds the words of the
// checker program, none where the mock engine's own recovery judged: no judge.sh then.
[[nodiscard]] Status keep_scripts(const StorageFinding& finding, const std::string& repro,
                                  const std::vector<std::string>& checker);

}  // namespace crashwright::harness
