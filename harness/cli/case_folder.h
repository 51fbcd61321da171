// What the folder of a case still holds, before somebody asks more of it than that.
//
// Threads: free functions. Errors: none; what cannot be read is no case.
#pragma once

#include <string>

namespace crashwright::harness::cli {

enum class CaseContent {
  kNoCase,
  kArtefacts,    // facts.json and what it tells of: can be judged and examined again
  kThinnedOut,   // passed without --keep: the words that it came to, rca.json and verdicts.json
  kExploration,  // of losses of power: exploration.json, findings/ and record/, and nobody who died
};

[[nodiscard]] CaseContent content_of_case(const std::string& folder);

// Why nothing can be judged or examined there again, and what does it instead; two lines, as of an Error.
struct NotKept {
  std::string what;
  std::string remedy;
};
// `content` is kThinnedOut or kExploration.
[[nodiscard]] NotKept not_kept(const std::string& folder, CaseContent content);

}  // namespace crashwright::harness::cli
