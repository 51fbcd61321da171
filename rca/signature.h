// The stable key of a crash: "cw2:<family>:<cause>:<16 hex digits>".
//
// The digits are a hash of the family and, by cause, of the top three project frames, the failed expression, the lock
// sites or the scope of the limit. No address, line, argument or tid takes part, so that the same bug has the same
// signature in every build and on every run. "cw2" changes when any of this does.
// Threads: any. Signal context: no.
#pragma once

#include <string>
#include <vector>

namespace crashwright::rca {

struct SignatureParts {
  std::string cause;
  std::vector<std::string> frames;      // short names, innermost first
  std::string expression;               // ASSERTION: what did not hold; otherwise empty
  std::vector<std::string> lock_sites;  // DEADLOCK: functions that wait, in any order
  std::string scope;                    // OOM: "cgroup", "address space", ...
};

[[nodiscard]] std::string make_signature(const SignatureParts& parts);

}  // namespace crashwright::rca
