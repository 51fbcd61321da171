// What lies in front of the rings: header, anchors, call sites, counters; of version 1 and 2. Internal to the reader.
//
// Threads: pure functions on a file. Signal context: no.
// Errors:  kIo; kCorrupt when both copies of the header are damaged, out of limits or of a later version. Never throws.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/flight_format.h"

namespace crashwright::postmortem {

struct FlightFront {
  FlightHeader header{};                   // of version 1 with the fields of version 2 at zero
  std::vector<FlightClockAnchor> anchors;  // intact ones, the opening one first
  std::vector<FlightSiteSlot> sites;
  uint32_t threads_refused = 0;
  uint64_t records_refused = 0;
  bool drain_failed = false;
};

// Reads what there is of [offset, offset + size); the rest of `to` stays as it is.
[[nodiscard]] Status read_flight_bytes(int fd, uint64_t offset, void* to, size_t size);

// `page`: the first 4,096 bytes. `magic`: of a recorder's file or of a segment. Damage of one copy is noted.
[[nodiscard]] Result<FlightHeader> choose_flight_header(const std::string& page, uint64_t magic,
                                                        const std::string& path, std::vector<std::string>& notes);

[[nodiscard]] Result<FlightFront> read_flight_front(int fd, const std::string& path, std::vector<std::string>& notes);

}  // namespace crashwright::postmortem
