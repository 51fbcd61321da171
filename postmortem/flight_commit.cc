// The hot half of the flight recorder: from packed arguments to a committed record.
//
// A record of one line goes from the caller's registers into the ring without touching memory in between. All others
// take the general way, which stores the same bytes; so does everything while fault points are live, on old processors
// and with planted bugs.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
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
  if (CRASHWRIGHT_PLANTED("log_loses_every_64th_record") && log.next_sequence % 64 == 0) {
    count_commit(log, *t_log_committed);
    return true;
  }
  if (CRASHWRIGHT_PLANTED("log_flips_a_bit") && log.next_sequence % 64 == 0) {
    for (size_t i = 0; i < record.count; ++i) *place(record.lines[i]) = record.lines[i];
    place(record.lines[0])->words[3] ^= 1;
    count_commit(log, *t_log_committed);
    return true;
  }
  if (CRASHWRIGHT_PLANTED("log_counts_late")) {
    for (size_t i = 0; i < record.count; ++i) *place(record.lines[i]) = record.lines[i];
    CRASHWRIGHT_FAULT_POINT("recorder.commit");
    log.ring_committed->store(log.next_sequence, std::memory_order_release);
    t_log_committed->store(log.next_sequence - std::min<uint64_t>(log.next_sequence, 3), std::memory_order_release);
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

// Of the calling thread: the general way, once ring and call site are ready.
template <typename Stamp>
inline void commit_any(LogSite& site, Stamp stamp, const std::byte* bytes, size_t size) noexcept {
  ThreadLog& log = own_log();
  const uint32_t number = ready_site(log, site);
  if (number != kNoGeneration) commit_general(log, number, stamp, bytes, size, Context::kThread);
}

template <typename Stamp>
inline void commit_own_bytes(LogSite& site, Stamp stamp, const std::byte* bytes, size_t size) noexcept {
  if (size <= kFlightHeadPayloadBytes) {
    LogPayload payload;
    std::memcpy(payload.words, bytes, sizeof payload.words);
    const uint64_t* const words = payload.words;
    return commit_line(site, stamp, words[0], words[1], words[2], words[3], words[4]);
  }
  commit_any(site, stamp, bytes, size);
}

}  // namespace

constinit thread_local ThreadLog t_log __attribute__((tls_model("initial-exec"))) = {
    kNoGeneration, 0, 1, nullptr, 0, 0, 0, nullptr, 0, kNoGeneration, nullptr, FlightClock::kMonotonic, 0};

bool fast_commits(FlightClock clock) noexcept {
#if defined(__x86_64__)
  return clock == FlightClock::kTimeStampCounter && __builtin_cpu_supports("sse4.2") != 0;
#else
  static_cast<void>(clock);
  return false;
#endif
}

SignalLog g_signal_logs[kFlightSignalRingsMax];

void commit_line_slowly(LogSite& site, OwnStamp stamp, uint64_t p0, uint64_t p1, uint64_t p2, uint64_t p3,
                        uint64_t p4) noexcept {
  const LogPayload payload = {{p0, p1, p2, p3, p4}};
  commit_any(site, stamp, reinterpret_cast<const std::byte*>(payload.words), kFlightHeadPayloadBytes);
}
void commit_line_slowly(LogSite& site, GivenStamp stamp, uint64_t p0, uint64_t p1, uint64_t p2, uint64_t p3,
                        uint64_t p4) noexcept {
  const LogPayload payload = {{p0, p1, p2, p3, p4}};
  commit_any(site, stamp, reinterpret_cast<const std::byte*>(payload.words), kFlightHeadPayloadBytes);
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
