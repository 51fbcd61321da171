// A failure explained: the fewest operations whose loss shows it, and the weakest profile that allows that loss.
//
// Threads: values and free functions. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "harness/storage/explore/crash_state.h"

namespace crashwright::harness {

struct StorageFinding {
  std::string profile;
  std::string reason;             // first line of the judge
  std::string output;             // all that it printed
  uint64_t states = 0;            // that failed alike
  CrashState state;               // minimised
  bool minimal = true;            // false: it ended before nothing could be kept any more: the trials were used up,
                                  // or it was interrupted
  std::vector<std::string> lost;  // in words: "rename of CURRENT.tmp to CURRENT"
  std::vector<std::string> lost_along;  // what the profile cannot keep when those are lost: later changes of names
  std::vector<std::string> issued_by;  // of each in `lost`: "append at writer.cc:42", "a store before the call of ...";
                                       // empty: unknown
  uint32_t crash_point = 0;            // operations of the run before the power loss: the number of the last one
  std::string last_operation;          // that one in words
  uint32_t acked = 0;
  std::string fix;     // the fewest added syncs that make the failing states pass; empty: none found
  std::string no_fix;  // then why not
  std::string folder;  // kept evidence; empty: none
};

// One operation for people: "write 4096 bytes at 8192 of data.db".
[[nodiscard]] std::string describe_operation(const Recording& recording, uint32_t index);
[[nodiscard]] std::string describe_loss(const DurabilityModel& model, const Loss& loss);

}  // namespace crashwright::harness
