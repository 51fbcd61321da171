// Undoes what a harness left behind that was killed with SIGKILL.
//
// Every run keeps a ledger (ledger.h) of the processes, cgroups, mounts and temporary folders it makes. clean_up()
// reads the ledgers whose owner is dead, ends what is still there and removes the ledger. Nothing of a living run is
// touched. A process is only ever ended when its pid and start time are those of the ledger, or when its environment
// carries CRASHWRIGHT_RUN=<id of the dead run>. Threads: any; two at once are harmless. Errors: kEnvironment when the
// ledgers cannot be read; what could not be undone is listed in `failures`.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::harness {

struct CleanupReport {
  std::vector<std::string> undone;    // one line each: "process 4711 (mock_engine)", "mount /tmp/...", ...
  std::vector<std::string> failures;  // what is still there, and why
  size_t ledgers = 0;                 // dead runs found
};

[[nodiscard]] Result<CleanupReport> clean_up();

}  // namespace crashwright::harness
