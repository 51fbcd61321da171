// What the recorder's two halves share: the open file (flight_recorder.cc) and each thread's place in it
// (flight_commit.cc). Internal to the kit.
//
// Threads: g_generation is stored by open, close and the child of a fork, and read by every log call; ThreadLog belongs
//          to its thread. Signal context: no.
#pragma once

#include <atomic>
#include <cstdint>

#include "postmortem/flight_format.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::postmortem::detail {

// Which opening of a file is current: 0 none, else 1 to 65535. A thread's ring and a call site's number are good for
// one.
extern std::atomic<uint32_t> g_generation;

inline constexpr uint32_t kNoGeneration = 0xffffffffU;
inline constexpr uint32_t kSiteBits = 16;
inline constexpr uint32_t kSiteMask = (1U << kSiteBits) - 1;

// All that a log call needs, in one cache line of its thread.
struct alignas(64) ThreadLog {
  uint32_t generation;
  uint32_t line_mask;  // lines per ring - 1
  FlightLine* lines;
  uint64_t next_sequence;  // of the next record
  uint32_t next_line;
  uint32_t crc_seed;
  uint64_t base_ticks;
  std::atomic<uint64_t>* ring_committed;  // in the file
  FlightClock clock;
  std::atomic<uint64_t> unwitnessed;  // where a thread that nobody registered counts
};

extern constinit thread_local ThreadLog t_log;

// Makes ring and call site ready for `generation`; false when the record is to be dropped.
bool prepare_log(LogSite& site, uint32_t generation) noexcept;

// Initial value of the CRC32C over a record, different in every ring of every file.
[[nodiscard]] uint32_t ring_crc_seed(uint64_t nonce, uint32_t ring) noexcept;

}  // namespace crashwright::postmortem::detail
