// The fast way of a log call: a record of one line, from the caller's registers into its thread's ring.
//
// It is inlined where the log call stands, about 300 bytes of code: as a function of its own it would spend a third of
// its time on moving arguments and on saving registers. It writes the same bytes as the general way of
// flight_commit.cc, which takes over whenever anything is not as usual: ring or call site not ready, ring full, fault
// points live, another processor or clock, planted bugs.
// Internal to the recorder (flight_recorder.h). Threads: ThreadLog belongs to its thread. Errors: none.
// Signal context: no. Format: flight_recorder_format.md
#pragma once

#include <atomic>
#include <cstdint>

#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_checksum.h"
#include "postmortem/flight_clock.h"
#include "postmortem/flight_format.h"
#include "postmortem/log_site.h"

namespace crashwright::postmortem::detail {

// Which opening of a file is current: 0 none, else 1 to 65535. A thread's ring and a call site's number are good for
// one.
extern std::atomic<uint32_t> g_generation;

inline constexpr uint32_t kNoGeneration = 0xffffffffU;
inline constexpr uint32_t kSiteBits = 16;
inline constexpr uint32_t kSiteMask = (1U << kSiteBits) - 1;

// All that a log call needs of its thread; what a record of one line needs, in one cache line.
struct alignas(64) ThreadLog {
  uint32_t fast_generation;  // `generation` where the fast way is open (fast_commits()), else kNoGeneration
  uint32_t line_mask;        // lines per ring - 1
  uint64_t next_sequence;    // of the next record
  FlightLine* lines;
  uint64_t next_line;   // counted without wrapping
  uint64_t limit_line;  // lines from here on are not free; never reached when the newest are kept
  uint64_t base_ticks;
  std::atomic<uint64_t>* ring_committed;  // in the file
  uint32_t crc_seed;
  uint32_t generation;
  FlightRingEntry* entry;
  FlightClock clock;
  std::atomic<uint64_t> unwitnessed;  // where a thread that nobody registered counts
};

// The attribute stands at the definition too: only there does it keep a call of __tls_get_addr out of the kit's own
// code.
extern constinit thread_local ThreadLog t_log __attribute__((tls_model("initial-exec")));

// Its address in a register for good: the compiler would work it out anew at each use.
inline ThreadLog& own_log() noexcept {
  ThreadLog* log = &t_log;
  __asm__("" : "+r"(log));
  return *log;
}

// Whether this processor and this clock allow the fast way.
[[nodiscard]] bool fast_commits(FlightClock clock) noexcept;

// A stamp of the call's own, or one that was handed over. fast_word(): where the clock is the time stamp counter.
struct OwnStamp {
  static constexpr uint64_t kMark = 0;
  [[nodiscard]] uint64_t word(const ThreadLog& log) const noexcept {
    return (read_ticks(log.clock) - log.base_ticks) & kFlightStampMask;
  }
  [[nodiscard]] uint64_t fast_word(const ThreadLog& log) const noexcept {
    return (read_ticks(FlightClock::kTimeStampCounter) - log.base_ticks) & kFlightStampMask;
  }
};
struct GivenStamp {
  static constexpr uint64_t kMark = kFlightStampGiven;
  uint64_t given;
  [[nodiscard]] uint64_t word(const ThreadLog&) const noexcept { return given; }
  [[nodiscard]] uint64_t fast_word(const ThreadLog&) const noexcept { return given; }
};

// The general way for five words of payload.
void commit_line_slowly(LogSite& site, OwnStamp stamp, uint64_t p0, uint64_t p1, uint64_t p2, uint64_t p3,
                        uint64_t p4) noexcept;
void commit_line_slowly(LogSite& site, GivenStamp stamp, uint64_t p0, uint64_t p1, uint64_t p2, uint64_t p3,
                        uint64_t p4) noexcept;

#if defined(CRASHWRIGHT_PLANTED_BUGS) || !defined(__x86_64__)
template <typename Stamp>
inline void commit_line(LogSite& site, Stamp stamp, uint64_t p0, uint64_t p1, uint64_t p2, uint64_t p3,
                        uint64_t p4) noexcept {
  commit_line_slowly(site, stamp, p0, p1, p2, p3, p4);
}
#else

// Past the caches: the ring is not read by this process, what the engine holds in its cache stays there, and a reader
// on another processor does not slow the writer down. The processor puts the eight stores of a line together to one
// transfer. Seen by everyone once the thread leaves the processor, also by being killed.
inline void store_word_fast(uint64_t& to, uint64_t word) noexcept {
  _mm_stream_si64(reinterpret_cast<long long*>(&to), static_cast<long long>(word));
}

// Stores a record with up to 40 bytes of payload; unused bytes are zero.
template <typename Stamp>
inline __attribute__((always_inline)) void commit_line(LogSite& site, Stamp stamp, uint64_t p0, uint64_t p1,
                                                       uint64_t p2, uint64_t p3, uint64_t p4) noexcept {
  ThreadLog& log = own_log();
  const uint32_t generation = g_generation.load(std::memory_order_relaxed);
  const uint32_t key = site.key.load(std::memory_order_acquire);
  const uint64_t line = log.next_line;
  if (log.fast_generation != generation || key >> kSiteBits != generation || g_fault_points_live != 0 ||
      line >= log.limit_line) [[unlikely]] {
    return commit_line_slowly(site, stamp, p0, p1, p2, p3, p4);
  }
  const uint64_t sequence = log.next_sequence;
  const uint64_t w0 = static_cast<uint32_t>(line);
  const uint64_t w1 = sequence | (static_cast<uint64_t>(key) << 48) | Stamp::kMark;
  const uint64_t w7 = stamp.fast_word(log) | uint64_t{1} << 56;
  FlightLine& to = log.lines[line & log.line_mask];
  store_word_fast(to.words[1], w1);
  store_word_fast(to.words[2], p0);
  store_word_fast(to.words[3], p1);
  store_word_fast(to.words[4], p2);
  store_word_fast(to.words[5], p3);
  store_word_fast(to.words[6], p4);
  store_word_fast(to.words[7], w7);
  RecordChecksum<HardwareCrc> checksum(log.crc_seed);
  checksum.add(w0, w1, p0, p1, p2, p3, p4, w7);
  // The word with the commit mark is the last.
  std::atomic_signal_fence(std::memory_order_release);
  store_word_fast(to.words[0], w0 | static_cast<uint64_t>(checksum.result()) << 32);
  log.ring_committed->store(sequence, std::memory_order_release);
  t_log_committed->store(sequence, std::memory_order_release);
  log.next_line = line + 1;
  log.next_sequence = sequence + 1;
}
#endif

}  // namespace crashwright::postmortem::detail
