// The hot half of the flight recorder: from packed arguments to a committed record.
//
// A record of one line goes from the caller's registers into the ring without touching memory in between. All others
// take the general way, which stores the same bytes; so does everything while fault points are live, on old processors
// and with planted bugs.
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_checksum.h"
#include "postmortem/flight_clock.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/flight_recorder_state.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem::detail {
namespace {

#if defined(__x86_64__)
const bool g_fast_processor = __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("avx") != 0;
using FastCrc = HardwareCrc;

// Two stores of half a line past the caches, the half with the commit mark last: the ring is not read by this process,
// what the engine holds in its cache stays there, and a reader on another processor does not slow the writer down. Seen
// by everyone once the thread leaves the processor, also by being killed. By name, because the kit is compiled for
// processors without AVX too.
inline void store_line_fast(FlightLine* to, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                            uint64_t w5, uint64_t w6, uint64_t w7) noexcept {
  __asm__ volatile(
      "vmovq %[w4], %%xmm0\n\t"
      "vpinsrq $1, %[w5], %%xmm0, %%xmm0\n\t"
      "vmovq %[w6], %%xmm1\n\t"
      "vpinsrq $1, %[w7], %%xmm1, %%xmm1\n\t"
      "vinsertf128 $1, %%xmm1, %%ymm0, %%ymm0\n\t"
      "vmovntps %%ymm0, 32(%[to])\n\t"
      "vmovq %[w0], %%xmm1\n\t"
      "vpinsrq $1, %[w1], %%xmm1, %%xmm1\n\t"
      "vmovq %[w2], %%xmm2\n\t"
      "vpinsrq $1, %[w3], %%xmm2, %%xmm2\n\t"
      "vinsertf128 $1, %%xmm2, %%ymm1, %%ymm1\n\t"
      "vmovntps %%ymm1, (%[to])\n\t"
      "vzeroupper"
      :
      : [to] "r"(to), [w0] "r"(w0), [w1] "r"(w1), [w2] "r"(w2), [w3] "r"(w3), [w4] "r"(w4), [w5] "r"(w5), [w6] "r"(w6),
        [w7] "r"(w7)
      : "xmm0", "xmm1", "xmm2", "memory");
}
#else
constexpr bool g_fast_processor = false;
using FastCrc = PortableCrc;
inline void store_line_fast(FlightLine*, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                            uint64_t) noexcept {}
#endif

// A stamp of the call's own, or one that was handed over.
struct OwnStamp {
  static constexpr uint64_t kMark = 0;
  [[nodiscard]] uint64_t word(const ThreadLog& log) const noexcept {
    return (read_ticks(log.clock) - log.base_ticks) & kFlightStampMask;
  }
};
struct GivenStamp {
  static constexpr uint64_t kMark = kFlightStampGiven;
  uint64_t given;
  [[nodiscard]] uint64_t word(const ThreadLog&) const noexcept { return given; }
};

// Signal handlers have a ring of their own: no witness of a thread, and no fault point in a handler.
enum class Context : uint8_t { kThread, kSignalHandler };

inline void count_commit(const ThreadLog& log, std::atomic<uint64_t>& witness) noexcept {
  log.ring_committed->store(log.next_sequence, std::memory_order_release);
  witness.store(log.next_sequence, std::memory_order_release);
}

// A record on its way into the ring, one of several lines or a single one.
struct Staged {
  const FlightLine* lines;
  size_t count;
};

// Bugs for `crashwright prove`; true when the record has been dealt with.
bool commit_with_planted_bug([[maybe_unused]] ThreadLog& log, [[maybe_unused]] const Staged& record) noexcept {
#if defined(CRASHWRIGHT_PLANTED_BUGS)
  const auto place = [&log](const FlightLine& line) {
    return &log.lines[static_cast<uint32_t>(line.words[0]) & log.line_mask];
  };
  if (CRASHWRIGHT_PLANTED("log_without_commit_mark")) {
    // Counted, and marked as complete, while the payload is still to come.
    place(record.lines[0])->words[0] = record.lines[0].words[0];
    count_commit(log, *t_log_committed);
    CRASHWRIGHT_FAULT_POINT("recorder.commit");
    for (size_t i = 0; i < record.count; ++i) *place(record.lines[i]) = record.lines[i];
    return true;
  }
  if (CRASHWRIGHT_PLANTED("log_buffered_in_process_memory")) {
    constexpr size_t kFlushEvery = 64;
    thread_local std::array<FlightLine, kFlushEvery * kFlightRecordLinesMax> buffer;
    thread_local size_t buffered = 0;
    std::memcpy(&buffer[buffered], record.lines, record.count * sizeof(FlightLine));
    buffered += record.count;
    count_commit(log, *t_log_committed);
    CRASHWRIGHT_FAULT_POINT("recorder.commit");
    if (log.next_sequence % kFlushEvery == 0 || buffered + kFlightRecordLinesMax > buffer.size()) {
      for (size_t i = 0; i < buffered; ++i) *place(buffer[i]) = buffer[i];
      buffered = 0;
    }
    return true;
  }
#endif
  return false;
}

inline void store_words(FlightLine& to, const FlightLine& from, size_t first) noexcept {
  for (size_t i = first; i < 8; ++i) {
    std::atomic_ref<uint64_t>(to.words[i]).store(from.words[i], std::memory_order_relaxed);
  }
}

// The general way: continuation lines in order, then the head, its first word with the commit mark last.
void store_record(ThreadLog& log, const Staged& record, Context context) noexcept {
  if (context == Context::kThread && commit_with_planted_bug(log, record)) return;
  for (size_t i = 1; i < record.count; ++i) {
    store_words(log.lines[(log.next_line + i) & log.line_mask], record.lines[i], 0);
  }
  FlightLine& head = log.lines[log.next_line & log.line_mask];
  store_words(head, record.lines[0], 1);
  if (context == Context::kThread) CRASHWRIGHT_FAULT_POINT("recorder.commit");
  std::atomic_ref<uint64_t>(head.words[0]).store(record.lines[0].words[0], std::memory_order_release);
  count_commit(log, context == Context::kThread ? *t_log_committed : log.unwitnessed);
}

// Payload of any size, its head part in `bytes` readable up to 40 bytes and zero behind `size`.
template <typename Stamp>
void commit_general(ThreadLog& log, uint32_t site, Stamp stamp, const std::byte* bytes, size_t size,
                    Context context) noexcept {
  FlightLine lines[kFlightRecordLinesMax];
  std::memcpy(&lines[0].words[2], bytes, kFlightHeadPayloadBytes);
  size_t count = 1;
  for (size_t at = kFlightHeadPayloadBytes; at < size; ++count) {
    const size_t part = size - at < kFlightNextPayloadBytes ? size - at : kFlightNextPayloadBytes;
    lines[count] = {};
    std::memcpy(&lines[count].words[1], bytes + at, part);
    at += part;
  }
  if (log.next_line + count > log.limit_line && !make_room(log, count, context == Context::kThread)) return;
  for (size_t i = 1; i < count; ++i) {
    lines[i].words[0] = ((log.next_line + i) & 0xffffffffU) | (static_cast<uint64_t>(i) << 32);
  }
  FlightLine& head = lines[0];
  head.words[0] = static_cast<uint32_t>(log.next_line);
  head.words[1] = log.next_sequence | (static_cast<uint64_t>(site) << 48) | Stamp::kMark;
  head.words[7] = stamp.word(log) | (static_cast<uint64_t>(count) << 56);
  RecordChecksum<> checksum(log.crc_seed);
  for (size_t i = 0; i < count; ++i) checksum.add(lines[i]);
  head.words[0] |= static_cast<uint64_t>(checksum.result()) << 32;
  store_record(log, {lines, count}, context);
  log.next_line += count;
  ++log.next_sequence;
}

// The call site's number in the open file, or kNoGeneration when the record is to be dropped.
inline uint32_t ready_site(const ThreadLog& log, LogSite& site) noexcept {
  const uint32_t generation = g_generation.load(std::memory_order_relaxed);
  const uint32_t key = site.key.load(std::memory_order_acquire);
  if (log.generation == generation && key >> kSiteBits == generation) [[likely]]
    return key & kSiteMask;
  if (!prepare_log(site, generation)) return kNoGeneration;
  return site.key.load(std::memory_order_relaxed) & kSiteMask;
}

// Its address in a register for good: the compiler would work it out anew at each use.
inline ThreadLog& own_log() noexcept {
  ThreadLog* log = &t_log;
  __asm__("" : "+r"(log));
  return *log;
}

#if defined(CRASHWRIGHT_PLANTED_BUGS)
constexpr bool kAlwaysGeneral = true;
#else
constexpr bool kAlwaysGeneral = false;
#endif

template <typename Stamp>
__attribute__((noinline)) void commit_line_generally(ThreadLog& log, uint32_t site, Stamp stamp,
                                                     const LogPayload payload) noexcept {
  commit_general(log, site, stamp, reinterpret_cast<const std::byte*>(payload.words), kFlightHeadPayloadBytes,
                 Context::kThread);
}

template <typename Stamp>
inline __attribute__((always_inline)) void commit_words(LogSite& site, Stamp stamp, uint64_t p0, uint64_t p1,
                                                        uint64_t p2, uint64_t p3, uint64_t p4) noexcept {
  ThreadLog& log = own_log();
  const uint32_t number = ready_site(log, site);
  if (number == kNoGeneration) [[unlikely]]
    return;
  const uint64_t line = log.next_line;
  if (kAlwaysGeneral || !g_fast_processor || g_fault_points_live != 0 || line >= log.limit_line) [[unlikely]]
    return commit_line_generally(log, number, stamp, {{p0, p1, p2, p3, p4}});
  const uint64_t sequence = log.next_sequence;
  const uint64_t w0 = static_cast<uint32_t>(line);
  const uint64_t w1 = sequence | (static_cast<uint64_t>(number) << 48) | Stamp::kMark;
  const uint64_t w7 = stamp.word(log) | uint64_t{1} << 56;
  RecordChecksum<FastCrc> checksum(log.crc_seed);
  checksum.add(w0, w1, p0, p1, p2, p3, p4, w7);
  store_line_fast(&log.lines[line & log.line_mask], w0 | static_cast<uint64_t>(checksum.result()) << 32, w1, p0, p1, p2,
                  p3, p4, w7);
  log.ring_committed->store(sequence, std::memory_order_release);
  t_log_committed->store(sequence, std::memory_order_release);
  log.next_line = line + 1;
  log.next_sequence = sequence + 1;
}

template <typename Stamp>
inline void commit_own_bytes(LogSite& site, Stamp stamp, const std::byte* bytes, size_t size) noexcept {
  if (size <= kFlightHeadPayloadBytes) {
    LogPayload payload;
    std::memcpy(payload.words, bytes, sizeof payload.words);
    const uint64_t* const words = payload.words;
    return commit_words(site, stamp, words[0], words[1], words[2], words[3], words[4]);
  }
  ThreadLog& log = own_log();
  const uint32_t number = ready_site(log, site);
  if (number != kNoGeneration) commit_general(log, number, stamp, bytes, size, Context::kThread);
}

}  // namespace

constinit thread_local ThreadLog t_log = {kNoGeneration,           0,       nullptr, 1, 0, 0, 0, nullptr, 0,
                                          FlightClock::kMonotonic, nullptr, 0};
SignalLog g_signal_logs[kFlightSignalRingsMax];

void commit_line(LogSite& site, uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3,
                 uint64_t word4) noexcept {
  commit_words(site, OwnStamp{}, word0, word1, word2, word3, word4);
}

void commit_line_at(LogSite& site, uint64_t stamp, uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3,
                    uint64_t word4) noexcept {
  commit_words(site, GivenStamp{stamp}, word0, word1, word2, word3, word4);
}

void commit_bytes(LogSite& site, const std::byte* bytes, size_t size) noexcept {
  commit_own_bytes(site, OwnStamp{}, bytes, size);
}

void commit_bytes_at(LogSite& site, uint64_t stamp, const std::byte* bytes, size_t size) noexcept {
  commit_own_bytes(site, GivenStamp{stamp}, bytes, size);
}

// Lock-free: a handler that finds every ring held by others drops its record, which the file counts.
void commit_in_signal(LogSite& site, std::byte* bytes, size_t size) noexcept {
  const uint32_t generation = g_generation.load(std::memory_order_acquire);
  if (generation == 0 || !prepare_site(site, generation)) return;
  const auto tid = static_cast<uint32_t>(::syscall(SYS_gettid));
  std::memcpy(bytes, &tid, sizeof tid);
  const OpenFlightFile& file = g_flight_file;
  for (uint32_t i = 0; i < file.header.signal_rings; ++i) {
    SignalLog& ring = g_signal_logs[i];
    if (ring.busy.exchange(1, std::memory_order_acquire) != 0) continue;
    if (ring.log.generation == generation) {
      commit_general(ring.log, site.key.load(std::memory_order_relaxed) & kSiteMask, OwnStamp{}, bytes, size,
                     Context::kSignalHandler);
    }
    ring.busy.store(0, std::memory_order_release);
    return;
  }
  file.page().records_refused.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace crashwright::postmortem::detail
