// Lets one victim die under one crash handler and says what was left, and when.
//
// Threads: one. Errors: kEnvironment when no victim can be started here. A victim that does not end in time is killed,
//          and so is whatever it started.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace crashwright::bench {

enum class Left { kComplete, kPartial, kLost, kHung };

// What the kernel's core says.
struct CoreTruth {
  int32_t signal = 0;
  int32_t code = 0;
  uint64_t fault_address = 0;
  bool dying_thread_first = false;
};

struct Outcome {
  Left left = Left::kLost;
  bool installed = false;         // false: the handler could not be installed, and nothing was measured
  bool cannot_die = false;        // this machine does not have this death
  std::optional<CoreTruth> core;  // none: no core, or a truncated one
  double record_ms = 0;           // fault to the last output, as seen from outside; 0: none was seen after it
  double gone_ms = 0;             // fault to the process reaped
  // Of our own record, by its own stamps; 0 where it does not say.
  double dying_thread_ms = 0;
  double all_threads_ms = 0;
  uint64_t forbidden_calls = 0;  // by the interposed victim
};

// `program`: the victim. `handler`: a name of crash_handler_peers.h, or the path of a plug-in.
[[nodiscard]] Result<Outcome> run_victim(const std::string& program, const std::string& handler,
                                         const std::string& death);

// Moves this process to a mount namespace of its own, so that a small file system can be filled; ends with the process.
// False where that is not allowed: then disk_full is a death that this machine does not have.
bool prepare_small_disks();

// Word for a table.
[[nodiscard]] const char* word_for(Left left);

}  // namespace crashwright::bench
