// From evidence to one cause with an honest confidence.
//
// Each piece counts its strength times the weight of its tier (harness facts over runtime verdicts over messages over
// machine state over frames over exit codes). Pieces of different tiers for the same cause add up like independent
// witnesses; pieces of one tier count once, the strongest. A cause that refines a more general one (an assertion
// explains the abort) inherits half of its support; what neither refines the other contradicts, and lowers the
// confidence.
// Threads: any. Signal context: no. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {

inline constexpr double kConfidenceMin = 0.5;  // below it the answer is UNKNOWN

struct Ranking {
  std::string cause;  // UNKNOWN when nothing reaches kConfidenceMin
  double confidence = 0;
  std::vector<Candidate> candidates;  // best first
};

[[nodiscard]] Ranking rank_evidence(const std::vector<Evidence>& evidence);

[[nodiscard]] double tier_weight(EvidenceTier tier) noexcept;
[[nodiscard]] const char* tier_name(EvidenceTier tier) noexcept;

}  // namespace crashwright::rca
