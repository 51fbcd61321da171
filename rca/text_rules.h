// The table of what crash texts say: one line per wording (text_rules.cc). Patterns as in text_pattern.h.
//
// Threads: constant data.
#pragma once

#include <cstdint>
#include <span>

#include "rca/autopsy.h"

namespace crashwright::rca {

// What else a matching line carries.
enum class TextDetail : uint8_t {
  kNothing,
  kReport,      // a sanitizer's header: a stack follows; only the first one of the process counts fully
  kSegv,        // a report whose address decides between NULL_DEREF, WILD_ACCESS and a signal that was sent
  kAddress,     // "... at 0000000000000018": the number after the match decides as above
  kExpression,  // what failed comes after the match
  kException,   // the type comes after the match
};

struct TextRule {
  const char* pattern;
  const char* cause;  // UNKNOWN: a crash, but of what?
  EvidenceTier tier;
  double strength;
  TextDetail detail = TextDetail::kNothing;
};

// In order of precedence: the first rule that matches a line is the one that counts for it.
[[nodiscard]] std::span<const TextRule> text_rules() noexcept;

}  // namespace crashwright::rca
