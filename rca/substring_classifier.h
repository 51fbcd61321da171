// The classifier of the common tutorial, kept as a planted bug: `crashwright prove` shows that the verifier of root
// causes catches it. It looks for a few words anywhere in the output of the process, and takes the first that is there.
//
// Threads: any. Signal context: no. Errors: none.
#pragma once

#include <string>

#include "rca/autopsy.h"

namespace crashwright::rca {

[[nodiscard]] AutopsyReport classify_by_substring(const std::string& output);

}  // namespace crashwright::rca
