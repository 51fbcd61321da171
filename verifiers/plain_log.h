// A log as an engine with a format of its own exports it: log-PID.txt, one line an entry.
//
//   TID <tab> SEQUENCE <tab> TEXT        SEQUENCE counts the entries of that thread from 1
//
// Threads: pure. Errors: kIo when it cannot be read, kCorrupt with the line that is none.
#pragma once

#include <string>

#include "base/result.h"
#include "postmortem/flight_reader.h"

namespace crashwright::verifiers {

[[nodiscard]] Result<postmortem::FlightReadout> read_plain_log(const std::string& path);

}  // namespace crashwright::verifiers
