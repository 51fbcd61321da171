// Makes the flight recorder's file: its plan from the options, the file or sealed memory, the mapping, the prefaulting.
// Internal to the kit.
//
// Threads: one at a time. Errors: kUsage for limits out of range, kIo with the path. Signal context: no.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "postmortem/flight_recorder_state.h"

namespace crashwright::postmortem {

[[nodiscard]] Status check_flight_options(const FlightRecorderOptions& options);

// All but the anchor and the checksum.
[[nodiscard]] FlightHeader plan_flight_file(const FlightRecorderOptions& options);
[[nodiscard]] uint64_t flight_file_bytes(const FlightHeader& header);

// Creates and maps the file (or maps options.memory_fd), with everything in front of the rings, the rings of signal
// handlers and those of the first threads ready for writing. The header is not written yet.
[[nodiscard]] Result<detail::OpenFlightFile> create_flight_file(const FlightRecorderOptions& options,
                                                                const FlightHeader& header);

// Unmaps and removes what create_flight_file() made.
void discard_flight_file(const detail::OpenFlightFile& file, const FlightRecorderOptions& options);

// Blocks on the device (a full disk is an error here and not SIGBUS later), and pages that are writable already.
[[nodiscard]] Status make_flight_pages_ready(const detail::OpenFlightFile& file, uint64_t offset, uint64_t size,
                                             const std::string& path);

}  // namespace crashwright::postmortem
