// How many records each thread of a living process has committed to its flight recorder so far.
//
// Reads the directory of the rings that the process maps; nothing is stopped, nothing is written.
// Threads: any. Signal context: no.
// Errors:  empty when the process has no flight recorder, or its file cannot be read.
// Source:  postmortem/flight_recorder_format.md.
#pragma once

#include <cstdint>
#include <map>

namespace crashwright::harness {

[[nodiscard]] std::map<int32_t, uint64_t> committed_records(int32_t pid);  // by thread id

}  // namespace crashwright::harness
