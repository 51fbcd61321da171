// The layout of the files that the flight recorder's drainer writes, shared with their reader. Described in
// flight_recorder_format.md, "Drained segments".
//
// Layout:  a header page, then chunks; each chunk is a header of 64 bytes and its payload, a multiple of 64 bytes.
// Threads: types only. Signal context: data only.
#pragma once

#include <cstdio>
#include <string>

#include "postmortem/flight_format.h"

namespace crashwright::postmortem {

inline constexpr uint64_t kFlightSegmentMagic = 0x313047534C465743U;  // "CWFLSG01"
inline constexpr uint32_t kFlightChunkMagic = 0x4B484357U;            // "WCHK"
inline constexpr size_t kFlightChunkBytesMax = size_t{64} << 20;

// Stored; append only.
enum class FlightChunkKind : uint32_t {
  kLines = 1,   // whole records of one ring, as they lay there
  kSites = 2,   // FlightSiteSlot, from `first_site` on
  kAnchor = 3,  // one FlightClockAnchor
};

struct FlightChunk {
  uint32_t magic;
  FlightChunkKind kind;
  uint32_t payload_bytes;
  uint32_t payload_crc;
  uint32_t ring;  // of the lines, with kind, thread id and name as in its directory entry
  FlightRingKind ring_kind;
  uint32_t tid;
  uint32_t first_site;
  BoundedString<16> name;
  uint64_t first_line;  // counted without wrapping
  uint32_t reserved;
  uint32_t crc;  // CRC32C of everything before
};
static_assert(sizeof(FlightChunk) == 64);

// `path`.000001 and so on.
[[nodiscard]] inline std::string flight_segment_path(const std::string& path, uint32_t number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, ".%06u", number);
  return path + digits;
}

}  // namespace crashwright::postmortem
