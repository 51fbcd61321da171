// What the programs of an engine of the scenario's own answered after each death: the witness of the promises that no
// artefact of the kit shows. Kept in answers.json (engine_answers_format.md), so that `crashwright verify` judges what
// the run judged.
//
// Threads: free functions. Errors: kCorrupt for a file that is none of these, kIo and kUsage of reading and writing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/runner/helper_program.h"
#include "harness/scenario/scenario.h"

namespace crashwright::harness {

// What was asked after one death; absent: the scenario has no such program.
struct AfterDeath {
  size_t acknowledged = 0;  // tokens until then
  bool finished = false;    // no death: it ended in order
  std::optional<HelperEnd> recovery;
  std::optional<HelperEnd> first_dump;
  std::optional<HelperEnd> second_dump;
  std::optional<HelperEnd> check;
};

struct EngineAnswers {
  bool recovers = false;  // the scenario has `engine.recover`
  bool dumps_state = false;
  bool checks = false;
  bool acknowledges = true;  // it says that it does
  std::vector<AfterDeath> deaths;
};

// Without deaths.
[[nodiscard]] EngineAnswers answers_of(const ForeignEngine& engine);

// `folder`: of the case. What the programs printed stays in their files and is named.
[[nodiscard]] Status write_answers(const std::string& folder, const EngineAnswers& answers);
[[nodiscard]] Result<EngineAnswers> read_answers(const std::string& folder);

}  // namespace crashwright::harness
