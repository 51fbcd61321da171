// What each code of a complaint means, at length: `crashwright explain CODE`.
//
// Every code of diagnostic.h has one; its `wrong` example really draws the complaint and its `right` one none
// (explanations_test.cc), so that what people read is true.
// Threads: immutable after start.
#pragma once

#include <span>
#include <string>

namespace crashwright::harness {

struct Explanation {
  const char* code;   // "CW131"
  const char* title;  // what is wrong, in a few words
  const char* text;   // why it is refused and what to do, one paragraph
  const char* wrong;  // a whole scenario that draws it; empty: not about the text of a scenario
  const char* right;  // the same without the mistake
};

[[nodiscard]] std::span<const Explanation> all_explanations() noexcept;
[[nodiscard]] const Explanation* find_explanation(const std::string& code) noexcept;  // null: no such code

}  // namespace crashwright::harness
