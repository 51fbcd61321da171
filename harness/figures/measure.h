// Runs a measuring program and reads what it reports.
//
// Threads: spawn and wait happen on the calling thread. Errors: kEnvironment when the program is not there, kIo when it
// fails or takes too long, kCorrupt for an output that makes no sense; the message is a row's reason.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "harness/figures/figure.h"
#include "harness/figures/sample_set.h"

namespace crashwright::harness {

struct MeasureOptions {
  std::string program_folder;           // where the measuring programs are
  unsigned repetitions = 0;             // 0: as many as the program thinks right
  std::vector<std::string> peer_paths;  // plug-ins and folders of them, see bench/log_peer.h
};

[[nodiscard]] Result<SampleSet> measure(const Measurement& measurement, const MeasureOptions& options);

}  // namespace crashwright::harness
