// A failure explained: the fewest operations whose loss shows it, and the weakest profile that allows that loss.
//
// Threads: one owner. Errors: system errors of judging.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/storage/explore/explorer.h"
#include "harness/storage/explore/state_judge.h"

namespace crashwright::harness {

struct StorageFinding {
  std::string profile;
  std::string reason;                  // first line of the judge
  std::string output;                  // all that it printed
  uint64_t states = 0;                 // that failed alike
  CrashState state;                    // minimised
  std::vector<std::string> lost;       // in words: "rename of CURRENT.tmp to CURRENT"
  std::vector<std::string> issued_by;  // of each in `lost`: "append at writer.cc:42"; empty: unknown
  std::string last_operation;          // before the power loss, in words
  uint32_t acked = 0;
  std::string fix;     // the smallest added sync that makes the failing states pass; empty: none found
  std::string folder;  // kept evidence; empty: none
};

// Restores what need not be lost, judging again after each step; at most `trials_max` judgements.
[[nodiscard]] Result<CrashState> minimise(StateJudge& judge, const DurabilityModel& model, CrashState state,
                                          const std::string& reason, size_t trials_max);

// One operation for people: "write 4096 bytes at 8192 of data.db".
[[nodiscard]] std::string describe_operation(const Recording& recording, uint32_t index);
[[nodiscard]] std::string describe_loss(const DurabilityModel& model, const Loss& loss);

}  // namespace crashwright::harness
