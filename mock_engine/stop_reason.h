// Why a run of the engine ended early, with the exit code that says so. Step is "go on" or such a reason.
//
// Threads: values. Signal context: no.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "base/result.h"

namespace crashwright::mock_engine {

enum class ExitCode : int {
  kFinished = 0,
  kUsage = 2,
  kRefused = 3,        // damage or contradiction found: not trading is the only right thing
  kStorageSealed = 4,  // a write or sync failed: nothing more may be sent
  kExchangeLost = 5,
  kLocked = 6,        // another engine owns the data folder
  kEnvironment = 10,  // this machine lacks something: room, memory, a permission
};

struct StopReason {
  ExitCode code = ExitCode::kRefused;
  std::string why;
  bool log_stalled = false;  // the audit log's committer hangs: it cannot be joined
};

using Step = tl::expected<void, StopReason>;

// What went wrong and what to do about it, in one line.
[[nodiscard]] inline std::string with_remedy(const Error& error) {
  return error.remedy.empty() ? error.message : error.message + "; " + error.remedy;
}

[[nodiscard]] inline tl::unexpected<StopReason> stop(ExitCode code, std::string why) {
  return tl::unexpected<StopReason>(StopReason{code, std::move(why)});
}

}  // namespace crashwright::mock_engine
