// What the recorder's parts share: the open file (flight_recorder.cc), each thread's place in it (flight_commit.cc),
// the drainer (flight_drainer.cc). Internal to the kit.
//
// Threads: g_generation is stored by open, close and the child of a fork, and read by every log call; ThreadLog belongs
//          to its thread, a signal ring to the handler that holds `busy`. Signal context: as flight_recorder.h says.
#pragma once

#include <atomic>
#include <cstdint>

#include "postmortem/flight_fast_path.h"
#include "postmortem/flight_format.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::postmortem::detail {

// A ring for signal handlers; whoever sets `busy` may write.
struct SignalLog {
  std::atomic<uint32_t> busy;
  ThreadLog log;
};
extern SignalLog g_signal_logs[kFlightSignalRingsMax];

// The open file. Written by open before g_generation is, so that a log call that sees the generation sees this.
struct OpenFlightFile {
  int fd = -1;
  std::byte* mapping = nullptr;
  FlightHeader header{};
  uint64_t ring_bytes = 0;
  size_t rings_prefaulted = 0;

  [[nodiscard]] FlightHeaderPage& page() const { return *reinterpret_cast<FlightHeaderPage*>(mapping); }
  [[nodiscard]] FlightRingEntry& entry(uint32_t ring) const {
    return reinterpret_cast<FlightRingEntry*>(mapping + header.directory_offset)[ring];
  }
  [[nodiscard]] FlightSiteSlot& site(uint32_t number) const {
    return reinterpret_cast<FlightSiteSlot*>(mapping + header.sites_offset)[number];
  }
  [[nodiscard]] uint64_t ring_offset(uint64_t ring) const { return header.rings_offset + ring * ring_bytes; }
  [[nodiscard]] FlightLine* lines(uint64_t ring) const {
    return reinterpret_cast<FlightLine*>(mapping + ring_offset(ring));
  }
  [[nodiscard]] uint32_t thread_rings() const { return header.rings_max - header.signal_rings; }
};

extern OpenFlightFile g_flight_file;

// Makes the calling thread's ring and the call site ready for `generation`; false when the record is to be dropped.
bool prepare_log(LogSite& site, uint32_t generation) noexcept;
// The call site alone. Signal context: yes.
bool prepare_site(LogSite& site, uint32_t generation) noexcept;

// Room for `lines` more in a ring that may not overwrite: by now, or after waiting where the mode says so and
// `may_wait`; false: counted as dropped.
bool make_room(ThreadLog& log, uint64_t lines, bool may_wait) noexcept;

// Initial value of the CRC32C over a record, different in every ring of every file.
[[nodiscard]] uint32_t ring_crc_seed(uint64_t nonce, uint32_t ring) noexcept;

}  // namespace crashwright::postmortem::detail
