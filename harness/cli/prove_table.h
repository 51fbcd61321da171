// What `prove` found out: for each planted bug the promises that broke, and false alarms of the clean runs.
//
// Threads: values and free functions.
#pragma once

#include <string>
#include <vector>

#include "harness/report/event_log.h"
#include "harness/scenario/planted_bugs.h"

namespace crashwright::harness::cli {

struct BugResult {
  std::string bug;
  std::string what;
  std::vector<std::string> expected;   // promises, one of which must break
  std::vector<std::string> broken;     // promises that did break, each once
  std::vector<std::string> scenarios;  // in which one of the expected promises broke
  std::vector<std::string> let_pass;   // scenarios that are listed for it, and in which none of them broke
  std::string trouble;                 // why nothing could be judged; empty otherwise
  bool caught = false;
};

struct ProofResult {
  std::vector<BugResult> bugs;
  size_t clean_cases = 0;
  std::vector<std::string> false_alarms;  // one line each
  std::vector<std::string> unproven;      // clean cases without a verdict, one line each
  std::vector<std::string> smallest_set;  // of scenarios, that catches every bug that is caught
  std::vector<std::string> add_nothing;   // scenarios that were tried on bugs: what they catch, that set catches

  [[nodiscard]] bool holds() const;
};

// Case ids begin with "<bug>--", those of clean runs with "clean--".
inline constexpr const char* kCleanPrefix = "clean--";
[[nodiscard]] ProofResult judge_proof(const std::vector<PlantedBug>& bugs, const RunRecord& run);

// Lines of at most `columns` (0: a thing a line, however long).
[[nodiscard]] std::string proof_to_text(const ProofResult& result, size_t columns);
[[nodiscard]] std::string proof_to_json(const ProofResult& result);

}  // namespace crashwright::harness::cli
