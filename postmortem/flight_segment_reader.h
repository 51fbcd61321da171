// Reads the drained segments of one recorder, whole or damaged. Internal to the reader.
//
// Promise: records() are intact, in order of sequence, each once. A chunk that is torn or damaged is passed over with a
//          note; what follows it in the file is read.
// Threads: pure functions on files. Errors: none of its own, what cannot be read is noted. Signal context: no.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "postmortem/flight_format.h"
#include "postmortem/flight_ring_scan.h"

namespace crashwright::postmortem {

struct FlightSegmentRing {
  FlightRingKind kind = FlightRingKind::kUnused;
  uint32_t tid = 0;
  std::string name;
  std::vector<ScannedRecord> records;
};

struct FlightSegments {
  std::optional<FlightHeader> header;  // of the first segment that could be read; nothing: there is none
  std::map<uint32_t, FlightSegmentRing> rings;
  std::map<uint32_t, FlightSiteSlot> sites;
  std::vector<FlightClockAnchor> anchors;
  std::vector<std::string> notes;
};

// Segments beside `path`, of the recorder with this nonce; without one, of the recorder that wrote the newest of them.
[[nodiscard]] FlightSegments read_flight_segments(const std::string& path, std::optional<uint64_t> nonce);

}  // namespace crashwright::postmortem
