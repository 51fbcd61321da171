// What crash texts say: one line per wording (text_rule_tables.h). Patterns as in text_pattern.h.
//
// A line is tried against some nine hundred patterns; almost all are ruled out by the pairs of letters that the line
// does not have, so that reading a text costs microseconds per line.
// Threads: constant data; one owner per LineRules. Signal context: no. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rca/autopsy.h"
#include "rca/text_pattern.h"

namespace crashwright::rca {

// What else a matching line carries.
enum class TextDetail : uint8_t {
  kNothing,
  kReport,      // a sanitizer's header: a stack follows; only the first one of the process counts fully
  kSegv,        // a report whose address decides between NULL_DEREF, WILD_ACCESS and a signal that was sent
  kAddress,     // "... at 0000000000000018": the number there, or in the lines that follow, decides as above
  kExpression,  // what failed comes after the match
  kException,   // the type comes after the match
  kFreedBlock,  // the block was freed before: a free of it was the second one
  kOwnBlock,    // the access began inside the block: it ran over its end, where it was an access at all
  kCount,       // a number follows, which counts unless it is zero
  kSignal,      // the signal that ended a process follows, and says the cause; without one the rule does not match
  kExitStatus,  // the same with an exit status
  kErrno,       // the same with a number of errno
};

struct TextRule {
  const char* pattern;
  const char* cause;  // UNKNOWN: a crash, but of what?
  EvidenceTier tier;
  double strength;
  TextDetail detail = TextDetail::kNothing;
};

struct RuleMatch {
  const TextRule* rule = nullptr;
  TextMatch match;
};

// The pairs of neighbouring letters of a text, as a set that may claim too much and never too little.
struct LetterPairs {
  std::array<uint64_t, 4> bits{};

  void add(std::string_view text);
  [[nodiscard]] bool contains(const LetterPairs& other) const;
};

// The rules that match one line, in order of precedence.
class LineRules {
 public:
  explicit LineRules(std::string_view line);
  [[nodiscard]] std::optional<RuleMatch> next();

 private:
  std::string_view line_;
  LetterPairs pairs_;
  size_t at_ = 0;
};

}  // namespace crashwright::rca
