// Making one piece of evidence.
//
// Threads: any. Signal context: no. Errors: none.
#pragma once

#include <string>
#include <string_view>

#include "rca/autopsy.h"

namespace crashwright::rca {

inline constexpr size_t kExcerptMax = 240;

// `excerpt` is cut to its first line and kExcerptMax bytes.
[[nodiscard]] inline Evidence make_evidence(EvidenceTier tier, std::string source, std::string cause, double strength,
                                            std::string where, std::string_view excerpt) {
  Evidence evidence;
  evidence.tier = tier;
  evidence.source = std::move(source);
  evidence.cause = std::move(cause);
  evidence.strength = strength;
  evidence.where = std::move(where);
  excerpt = excerpt.substr(0, excerpt.find_first_of("\r\n"));
  evidence.excerpt = std::string(excerpt.substr(0, kExcerptMax));
  return evidence;
}

}  // namespace crashwright::rca
