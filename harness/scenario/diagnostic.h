// One complaint about a scenario file, with everything needed to point at the place.
//
//   scenarios/a.yaml:3:29: error CW131: no fault point "gateway.send_oder" in this engine
//       3 |   - null_dereference: {at: gateway.send_oder, hit: 100}
//         |                            ^^^^^^^^^^^^^^^^^
//         = did you mean "gateway.send_order"?
//
// Texts are tested to the letter (loader_test.cc). Source text is shown with control characters replaced and long lines
// cut around the place, so that a hostile file cannot write to the terminal.
// Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/scenario.h"

namespace crashwright::harness {

// Codes are stable: never reused for another meaning.
namespace code {
inline constexpr const char* kCannotRead = "CW101";
inline constexpr const char* kTooLarge = "CW102";
inline constexpr const char* kSyntax = "CW103";
inline constexpr const char* kAnchor = "CW104";
inline constexpr const char* kDocuments = "CW105";
inline constexpr const char* kTooComplex = "CW106";
inline constexpr const char* kEncoding = "CW107";
inline constexpr const char* kInclude = "CW108";
inline constexpr const char* kIncludeCycle = "CW109";
inline constexpr const char* kUnknownKey = "CW110";
inline constexpr const char* kDuplicateKey = "CW111";
inline constexpr const char* kMissingKey = "CW112";
inline constexpr const char* kShape = "CW113";
inline constexpr const char* kIncludeConflict = "CW114";
inline constexpr const char* kType = "CW120";
inline constexpr const char* kAmbiguousNumber = "CW121";
inline constexpr const char* kBoolean = "CW122";
inline constexpr const char* kUnit = "CW123";
inline constexpr const char* kRange = "CW124";
inline constexpr const char* kUnknownWord = "CW125";
inline constexpr const char* kUnknownFault = "CW130";
inline constexpr const char* kUnknownPoint = "CW131";
inline constexpr const char* kForeignParameter = "CW132";
inline constexpr const char* kTriggers = "CW133";
inline constexpr const char* kBuild = "CW134";
inline constexpr const char* kNothingDied = "CW135";
inline constexpr const char* kFaultCount = "CW136";
inline constexpr const char* kDurability = "CW137";
inline constexpr const char* kForeignKey = "CW138";
inline constexpr const char* kNoProgram = "CW139";
inline constexpr const char* kSameName = "CW140";
inline constexpr const char* kMatrix = "CW141";
inline constexpr const char* kExpectation = "CW142";
}  // namespace code

struct Diagnostic {
  std::string file;
  SourcePosition position;  // line 0: about the file as a whole
  size_t width = 1;         // characters to underline
  std::string code;
  std::string message;
  std::string hint;    // empty: none
  std::string source;  // the line it is about, as it stands in the file
};

// The text above, ending in a newline.
[[nodiscard]] std::string diagnostic_to_text(const Diagnostic& diagnostic);

// All of them, each once, in order of file, line and column, then one line that counts them; beyond the first hundred
// they are counted only.
[[nodiscard]] std::string diagnostics_to_text(std::vector<Diagnostic> diagnostics);

// Line `line` (from 1) of `text` without its newline; empty beyond the end.
[[nodiscard]] std::string source_line(std::string_view text, int line);

}  // namespace crashwright::harness
