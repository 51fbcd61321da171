// The hot half of the flight recorder: from packed arguments to a committed record.
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
// everyone once the thread leaves the processor, also by being killed.
inline void store_line(FlightLine* to, const FlightLine& line) noexcept {
#if defined(__x86_64__)
  const auto* from = reinterpret_cast<const __m128i*>(&line);
  auto* place = reinterpret_cast<__m128i*>(to);
  // The quarter with the commit mark last.
  _mm_stream_si128(place + 1, _mm_loadu_si128(from + 1));
  _mm_stream_si128(place + 2, _mm_loadu_si128(from + 2));
  _mm_stream_si128(place + 3, _mm_loadu_si128(from + 3));
  _mm_stream_si128(place, _mm_loadu_si128(from));
#else
  std::memcpy(&to->words[1], &line.words[1], sizeof line - sizeof line.words[0]);
  std::atomic_ref<uint64_t>(to->words[0]).store(line.words[0], std::memory_order_release);
#endif
}

inline void count_commit(ThreadLog& log, uint64_t sequence) noexcept {
  log.ring_committed->store(sequence, std::memory_order_release);
  t_log_committed->store(sequence, std::memory_order_release);
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
    count_commit(log, sequence);
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
    count_commit(log, sequence);
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

// The way taken while fault points are live: the same bytes in the same order, with a fault point between the payload
// and the commit mark.
__attribute__((noinline)) void commit_slowly(ThreadLog& log, const Staged& record) noexcept {
  if (commit_with_planted_bug(log, record)) return;
  for (size_t i = 1; i < record.count; ++i) {
    log.lines[(log.next_line + i) & log.line_mask] = record.lines[i];
  }
  FlightLine& head = log.lines[log.next_line & log.line_mask];
  std::memcpy(&head.words[1], &record.lines[0].words[1], sizeof head - sizeof head.words[0]);
  CRASHWRIGHT_FAULT_POINT("recorder.commit");
  std::atomic_ref<uint64_t>(head.words[0]).store(record.lines[0].words[0], std::memory_order_release);
  count_commit(log, log.next_sequence);
}

#if defined(CRASHWRIGHT_PLANTED_BUGS)
constexpr bool kAlwaysSlow = true;
#else
constexpr bool kAlwaysSlow = false;
#endif

// Stamps and marks the head of `lines`, whose payload is in place, and stores the record.
inline void commit(ThreadLog& log, uint32_t site, FlightLine* lines, size_t count) noexcept {
  FlightLine& head = lines[0];
  head.words[0] = log.next_line;
  head.words[1] = log.next_sequence | (static_cast<uint64_t>(site) << 48);
  uint64_t crc = crc_words(head.words, 7, static_cast<uint32_t>(~log.crc_seed));
  const uint64_t ticks = read_ticks(log.clock) - log.base_ticks;
  head.words[7] = (ticks & kFlightTicksMask) | (static_cast<uint64_t>(count) << 56);
  crc = crc_words(&head.words[7], 1, crc);
  for (size_t i = 1; i < count; ++i) crc = crc_words(lines[i].words, 8, crc);
  head.words[0] |= static_cast<uint64_t>(static_cast<uint32_t>(~crc)) << 32;

  if (kAlwaysSlow || __builtin_expect(g_fault_points_live, 0) != 0) {
    commit_slowly(log, {lines, count});
  } else {
    for (size_t i = 1; i < count; ++i) store_line(&log.lines[(log.next_line + i) & log.line_mask], lines[i]);
    store_line(&log.lines[log.next_line & log.line_mask], head);
    count_commit(log, log.next_sequence);
  }
  log.next_line += static_cast<uint32_t>(count);
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

}  // namespace

constinit thread_local ThreadLog t_log = {kNoGeneration, 0, nullptr, 1, 0, 0, 0, nullptr, FlightClock::kMonotonic, 0};

void commit_line(LogSite& site, const LogPayload& payload) noexcept {
  ThreadLog& log = t_log;
  const uint32_t number = ready_site(log, site);
  if (number == kNoGeneration) [[unlikely]]
    return;
  alignas(64) FlightLine line;
  for (size_t i = 0; i < kFlightHeadWords; ++i) line.words[2 + i] = payload.words[i];
  commit(log, number, &line, 1);
}

void commit_bytes(LogSite& site, const std::byte* bytes, size_t size) noexcept {
  ThreadLog& log = t_log;
  const uint32_t number = ready_site(log, site);
  if (number == kNoGeneration) [[unlikely]]
    return;
  if (size <= kFlightHeadPayloadBytes) [[likely]] {
    alignas(64) FlightLine line;
    std::memcpy(&line.words[2], bytes, kFlightHeadPayloadBytes);
    commit(log, number, &line, 1);
    return;
  }
  alignas(64) FlightLine lines[kFlightRecordLinesMax];
  std::memcpy(&lines[0].words[2], bytes, kFlightHeadPayloadBytes);
  size_t count = 1;
  for (size_t at = kFlightHeadPayloadBytes; at < size; ++count) {
    const size_t part = size - at < kFlightNextPayloadBytes ? size - at : kFlightNextPayloadBytes;
    lines[count] = {};
    lines[count].words[0] = ((log.next_line + count) & 0xffffffffU) | (static_cast<uint64_t>(count) << 32);
    std::memcpy(&lines[count].words[1], bytes + at, part);
    at += part;
  }
  commit(log, number, lines, count);
}

}  // namespace crashwright::postmortem::detail
