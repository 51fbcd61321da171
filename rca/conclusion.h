// The last step of every autopsy: ranks what was found and fills in cause, family, detail, confidence and signature.
//
// Threads: any. Signal context: no. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {

// What the answer may need besides the evidence in the report.
struct Particulars {
  std::vector<Frame> stack;  // of the death: the thread that died, or the sanitizer's report
  std::string expression;    // that did not hold
  std::string exception_type;
  std::string exception_what;
  std::string raised;        // as in CrashText
  std::string memory_scope;  // whose memory ran out (memory_scope.h); empty: not known
  std::vector<std::string> lock_sites;
};

// `silent` is the answer when there is no evidence at all: "NONE", "UNKNOWN".
void conclude(AutopsyReport& report, const Particulars& particulars, const std::string& silent);

}  // namespace crashwright::rca
