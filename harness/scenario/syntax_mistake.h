// What somebody most likely did where the YAML parser gave up, in words and at the place of the mistake.
//
// The parser's own words ("illegal map value") name a rule of its grammar, and its place is where it noticed: behind
// the bracket that is still open, or at the colon of a line that a tab indents.
// Threads: free functions. Errors: none; without a better idea it is the parser's message and place.
#pragma once

#include <string>

namespace crashwright::harness {

struct SyntaxMistake {
  int line = 0;    // from 0, as the parser counts
  int column = 0;  // in bytes, from 0
  std::string message;
  std::string hint;  // never empty
};

// `line` and `column`: where the parser gave up, `message` what it said.
[[nodiscard]] SyntaxMistake explain_syntax(const std::string& text, int line, int column, const std::string& message);

}  // namespace crashwright::harness
