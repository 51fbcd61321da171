// Fuzz target. Files of the flight recorder.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "postmortem/flight_reader.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(flight_file) { (void)postmortem::read_flight_file(fuzz::MemoryFile(input).path()); }
