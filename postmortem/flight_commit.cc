// The hot half of the flight recorder: from packed arguments to a committed record.
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/checksum.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_clock.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/flight_recorder_state.h"
#include "postmortem/planted_bug.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace crashwright::postmortem::detail {
namespace {

#if defined(__x86_64__)
const bool g_hardware_crc = __builtin_cpu_supports("sse4.2") != 0;
#else
constexpr bool g_hardware_crc = false;
#endif

// Continues a raw (not inverted) CRC32C over whole words.
inline uint64_t crc_words(const uint64_t* words, size_t count, uint64_t raw) noexcept {
#if defined(__x86_64__)
  if (g_hardware_crc) [[likely]] {
    // By name, because the kit is compiled for processors without the instruction too.
    for (size_t i = 0; i < count; ++i) __asm__("crc32q %1, %0" : "+r"(raw) : "rm"(words[i]));
    return raw;
  }
#endif
  return static_cast<uint32_t>(~crc32c(words, count * 8, static_cast<uint32_t>(~raw)));
}

// Past the caches: the ring is not read by this process, and what the engine holds in its cache stays there. Seen by
// everyone once the thread leaves the processor, also by being killed. Word by word from registers: a line put together
// in memory first would have to be loaded again before its stores have left the store buffer. The word with the commit
// mark comes last.
inline void store_line(FlightLine* to, const FlightLine& line) noexcept {
#if defined(__x86_64__)
  auto* const place = reinterpret_cast<long long*>(to->words);
  for (int i = 1; i < 8; ++i) _mm_stream_si64(place + i, static_cast<long long>(line.words[i]));
  _mm_stream_si64(place, static_cast<long long>(line.words[0]));
#else
  std::memcpy(&to->words[1], &line.words[1], sizeof line - sizeof line.words[0]);
  std::atomic_ref<uint64_t>(to->words[0]).store(line.words[0], std::memory_order_release);
#endif
}

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
  const uint64_t sequence = log.next_sequence;
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
    if (sequence % kFlushEvery == 0 || buffered + kFlightRecordLinesMax > buffer.size()) {
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

// The way taken while fault points are live: the same bytes in the same order, with a fault point between the payload
// and the commit mark.
__attribute__((noinline)) void commit_slowly(ThreadLog& log, const Staged& record) noexcept {
  if (commit_with_planted_bug(log, record)) return;
  for (size_t i = 1; i < record.count; ++i) {
    store_words(log.lines[(log.next_line + i) & log.line_mask], record.lines[i], 0);
  }
  FlightLine& head = log.lines[log.next_line & log.line_mask];
  store_words(head, record.lines[0], 1);
  CRASHWRIGHT_FAULT_POINT("recorder.commit");
  std::atomic_ref<uint64_t>(head.words[0]).store(record.lines[0].words[0], std::memory_order_release);
  count_commit(log, *t_log_committed);
}

#if defined(CRASHWRIGHT_PLANTED_BUGS)
constexpr bool kAlwaysSlow = true;
#else
constexpr bool kAlwaysSlow = false;
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

// Stamps and marks the head of `lines`, whose payload is in place, and stores the record.
template <Context kContext, typename Stamp>
inline void commit(ThreadLog& log, uint32_t site, FlightLine* lines, size_t count, Stamp stamp) noexcept {
  if (log.next_line + count > log.limit_line) [[unlikely]] {
    if (!make_room(log, count, kContext == Context::kThread)) return;
  }
  FlightLine& head = lines[0];
  head.words[0] = static_cast<uint32_t>(log.next_line);
  head.words[1] = log.next_sequence | (static_cast<uint64_t>(site) << 48) | Stamp::kMark;
  uint64_t crc = crc_words(head.words, 7, static_cast<uint32_t>(~log.crc_seed));
  head.words[7] = stamp.word(log) | (static_cast<uint64_t>(count) << 56);
  crc = crc_words(&head.words[7], 1, crc);
  for (size_t i = 1; i < count; ++i) crc = crc_words(lines[i].words, 8, crc);
  head.words[0] |= static_cast<uint64_t>(static_cast<uint32_t>(~crc)) << 32;

  if (kContext == Context::kThread && (kAlwaysSlow || __builtin_expect(g_fault_points_live, 0) != 0)) {
    commit_slowly(log, {lines, count});
  } else {
    for (size_t i = 1; i < count; ++i) store_line(&log.lines[(log.next_line + i) & log.line_mask], lines[i]);
    store_line(&log.lines[log.next_line & log.line_mask], head);
    count_commit(log, kContext == Context::kThread ? *t_log_committed : log.unwitnessed);
  }
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

template <typename Stamp>
inline void commit_words(LogSite& site, Stamp stamp, const LogPayload& payload) noexcept {
  ThreadLog& log = t_log;
  const uint32_t number = ready_site(log, site);
  if (number == kNoGeneration) [[unlikely]]
    return;
  FlightLine line;
  for (size_t i = 0; i < kFlightHeadWords; ++i) line.words[2 + i] = payload.words[i];
  commit<Context::kThread>(log, number, &line, 1, stamp);
}

template <Context kContext, typename Stamp>
inline void commit_payload(ThreadLog& log, uint32_t site, Stamp stamp, const std::byte* bytes, size_t size) noexcept {
  if (size <= kFlightHeadPayloadBytes) [[likely]] {
    FlightLine line;
    std::memcpy(&line.words[2], bytes, kFlightHeadPayloadBytes);
    commit<kContext>(log, site, &line, 1, stamp);
    return;
  }
  FlightLine lines[kFlightRecordLinesMax];
  std::memcpy(&lines[0].words[2], bytes, kFlightHeadPayloadBytes);
  size_t count = 1;
  for (size_t at = kFlightHeadPayloadBytes; at < size; ++count) {
    const size_t part = size - at < kFlightNextPayloadBytes ? size - at : kFlightNextPayloadBytes;
    lines[count] = {};
    lines[count].words[0] = ((log.next_line + count) & 0xffffffffU) | (static_cast<uint64_t>(count) << 32);
    std::memcpy(&lines[count].words[1], bytes + at, part);
    at += part;
  }
  commit<kContext>(log, site, lines, count, stamp);
}

template <typename Stamp>
inline void commit_own_bytes(LogSite& site, Stamp stamp, const std::byte* bytes, size_t size) noexcept {
  ThreadLog& log = t_log;
  const uint32_t number = ready_site(log, site);
  if (number == kNoGeneration) [[unlikely]]
    return;
  commit_payload<Context::kThread>(log, number, stamp, bytes, size);
}

}  // namespace

constinit thread_local ThreadLog t_log = {kNoGeneration,           0,       nullptr, 1, 0, 0, 0, nullptr, 0,
                                          FlightClock::kMonotonic, nullptr, 0};
SignalLog g_signal_logs[kFlightSignalRingsMax];

void commit_line(LogSite& site, uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3,
                 uint64_t word4) noexcept {
  commit_words(site, OwnStamp{}, {{word0, word1, word2, word3, word4}});
}

void commit_line_at(LogSite& site, uint64_t stamp, const LogPayload& payload) noexcept {
  commit_words(site, GivenStamp{stamp}, payload);
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
      commit_payload<Context::kSignalHandler>(ring.log, site.key.load(std::memory_order_relaxed) & kSiteMask,
                                              OwnStamp{}, bytes, size);
    }
    ring.busy.store(0, std::memory_order_release);
    return;
  }
  file.page().records_refused.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace crashwright::postmortem::detail
