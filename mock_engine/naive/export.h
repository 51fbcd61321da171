// What the naive engine left, in forms that the verifiers read: `naive_engine export --data DIR --postmortem DIR`.
//
// The harness calls it on copies, after each end of the engine (docs/engines.md). It adds nothing: what the naive
// reader does not understand is not in the export.
//   audit   data/audit.log becomes an audit log of the kit's format; the original stays as audit.log.own
//   log     postmortem/trading-PID.log becomes log-PID.txt: thread, number and text of each entry
//   rca     postmortem/rca.txt: the cause and the function that root_cause.h finds
// Threads: main. Errors: kIo. Signal context: no.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright::mock_engine::naive {

[[nodiscard]] Status export_artefacts(const std::string& data_folder, const std::string& postmortem_folder,
                                      int32_t wait_status);

}  // namespace crashwright::mock_engine::naive
