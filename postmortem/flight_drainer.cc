#include "postmortem/flight_drainer.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cstring>

#include "base/checksum.h"
#include "base/clock.h"
#include "postmortem/flight_checksum.h"
#include "postmortem/flight_clock.h"
#include "postmortem/flight_segment_format.h"
#include "postmortem/futex.h"

namespace crashwright::postmortem {
namespace {

constexpr size_t kBatchBytesMax = 4 << 20;
constexpr uint64_t kPauseNsMin = 200'000;
constexpr uint64_t kPauseNsMax = 4'000'000;
constexpr uint64_t kAnchorNs = 1'000'000'000;
constexpr uint32_t kStuckPassesMax = 50;
constexpr int kLastPassesMax = 1000;  // at closing: other threads may still be in their last log call

// Word by word, because the writer may be storing there: what is torn does not fit its checksum.
FlightLine load_line(const FlightLine& from) {
  FlightLine line;
  for (size_t i = 0; i < 8; ++i) {
    line.words[i] = std::atomic_ref<uint64_t>(const_cast<uint64_t&>(from.words[i])).load(std::memory_order_relaxed);
  }
  return line;
}

void append(std::vector<std::byte>& bytes, const void* data, size_t size) {
  const auto* const from = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), from, from + size);
}

// Completes the chunk whose header was appended at `start`.
void finish_chunk(std::vector<std::byte>& bytes, size_t start, FlightChunk chunk) {
  bytes.resize((bytes.size() + 63) / 64 * 64);
  const size_t payload = start + sizeof chunk;
  chunk.magic = kFlightChunkMagic;
  chunk.payload_bytes = static_cast<uint32_t>(bytes.size() - payload);
  chunk.payload_crc = crc32c(&bytes[payload], chunk.payload_bytes);
  chunk.crc = crc32c(&chunk, offsetof(FlightChunk, crc));
  std::memcpy(&bytes[start], &chunk, sizeof chunk);
}

// The checksum is stored last; what it covers may be read only once it is there.
bool entry_complete(FlightRingEntry& entry) {
  if (std::atomic_ref<uint32_t>(entry.crc).load(std::memory_order_acquire) == 0) return false;
  return entry.kind != FlightRingKind::kUnused && entry.crc == crc32c(&entry, offsetof(FlightRingEntry, crc));
}

}  // namespace

FlightDrainer::FlightDrainer(const detail::OpenFlightFile& file, std::unique_ptr<FlightSegmentWriter> writer)
    : file_(file), writer_(std::move(writer)), rings_(file.header.rings_max), sites_written_(file.header.sites_max) {
  for (uint32_t i = 0; i < rings_.size(); ++i) {
    rings_[i].next_line = file.header.lines_per_ring;
    rings_[i].crc_seed = detail::ring_crc_seed(file.header.nonce, i);
  }
}

Result<std::unique_ptr<FlightDrainer>> FlightDrainer::make(const detail::OpenFlightFile& file,
                                                           const FlightRecorderOptions& options) {
  auto writer = FlightSegmentWriter::make(options, file.header);
  if (!writer) return tl::unexpected<Error>(std::move(writer.error()));
  return std::unique_ptr<FlightDrainer>(new FlightDrainer(file, std::move(*writer)));
}

FlightDrainer::~FlightDrainer() {
  stopping_.store(true, std::memory_order_release);
  flush_wanted_.fetch_add(1, std::memory_order_release);
  futex_wake_all(flush_wanted_);
  if (thread_.joinable()) thread_.join();
}

void FlightDrainer::start() {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void FlightDrainer::run() {
  ::prctl(PR_SET_NAME, "flight-drain", 0, 0, 0);
  int last_passes = 0;
  for (;;) {
    const bool stopping = stopping_.load(std::memory_order_acquire);
    const uint32_t wanted = flush_wanted_.load(std::memory_order_acquire);
    const bool complete = pass();
    if (file_.page().drain_failed.load(std::memory_order_relaxed) != 0) return;
    if (complete) {
      flush_done_.store(wanted, std::memory_order_release);
      futex_wake_all(flush_done_);
    }
    if (stopping && (complete || ++last_passes > kLastPassesMax)) return;
    pause(complete && batch_.empty());
  }
}

// Nothing to do: longer and longer, up to a limit. A flush and the end wake it.
void FlightDrainer::pause(bool idle) {
  pause_ns_ = idle ? std::min(pause_ns_ + kPauseNsMin, kPauseNsMax) : kPauseNsMin;
  const uint32_t wanted = flush_wanted_.load(std::memory_order_acquire);
  if (wanted != flush_done_.load(std::memory_order_relaxed)) return;
  futex_wait(flush_wanted_, wanted, std::chrono::nanoseconds(pause_ns_));
}

bool FlightDrainer::pass() {
  batch_.clear();
  bool complete = true;
  for (uint32_t i = 0; i < rings_.size() && batch_.size() < kBatchBytesMax; ++i) {
    if (entry_complete(file_.entry(i)) && !collect(i)) complete = false;
  }
  if (batch_.size() >= kBatchBytesMax) complete = false;
  const bool anchor_due = monotonic_ns() - anchored_ns_ > kAnchorNs;
  if (batch_.empty() && !anchor_due) return complete;
  if (auto good = write_batch(); !good) {
    give_up(good.error());
    return true;
  }
  move_cursors();
  return complete;
}

// True when everything that the ring counts as committed is in the batch or was written before.
bool FlightDrainer::collect(uint32_t number) {
  Ring& ring = rings_[number];
  const FlightRingEntry& entry = file_.entry(number);
  const uint64_t committed = entry.committed.load(std::memory_order_acquire);
  ring.batch_line = ring.next_line;
  ring.batch_sequence = ring.next_sequence;
  const size_t start = batch_.size();
  batch_.resize(start + sizeof(FlightChunk));
  while (batch_.size() < kBatchBytesMax) {
    uint64_t sequence = 0;
    const uint64_t lines = collect_record(number, ring.batch_line, sequence);
    if (lines == 0) break;
    ring.batch_line += lines;
    ring.batch_sequence = sequence + 1;
  }
  if (ring.batch_line == ring.next_line) {
    batch_.resize(start);
    if (ring.next_sequence > committed) {
      ring.stuck_passes = 0;
      return true;
    }
    if (++ring.stuck_passes > kStuckPassesMax) pass_over(number);
    return false;
  }
  ring.stuck_passes = 0;
  FlightChunk chunk{};
  chunk.kind = FlightChunkKind::kLines;
  chunk.ring = number;
  chunk.ring_kind = entry.kind;
  chunk.tid = entry.tid;
  chunk.name = entry.name;
  chunk.first_line = ring.next_line;
  finish_chunk(batch_, start, chunk);
  return ring.batch_sequence > committed;
}

uint64_t FlightDrainer::collect_record(uint32_t number, uint64_t line, uint64_t& sequence) {
  const FlightLine* const lines = file_.lines(number);
  const uint64_t mask = file_.header.lines_per_ring - 1;
  FlightLine head = load_line(lines[line & mask]);
  const uint64_t count = head.words[7] >> 56 & 0x7f;
  if (static_cast<uint32_t>(head.words[0]) != static_cast<uint32_t>(line) || count == 0 ||
      count > kFlightRecordLinesMax) {
    return 0;
  }
  const size_t start = batch_.size();
  append(batch_, &head, sizeof head);
  const auto mark = static_cast<uint32_t>(head.words[0] >> 32);
  head.words[0] = static_cast<uint32_t>(head.words[0]);
  RecordChecksum<> checksum(rings_[number].crc_seed);
  checksum.add(head);
  for (uint64_t i = 1; i < count; ++i) {
    const FlightLine next = load_line(lines[(line + i) & mask]);
    checksum.add(next);
    append(batch_, &next, sizeof next);
  }
  sequence = head.words[1] & kFlightSequenceMask;
  if (checksum.result() == mark && sequence >= rings_[number].batch_sequence) return count;
  batch_.resize(start);
  return 0;
}

// The record at the cursor will not come: goes on at the oldest intact one behind it.
void FlightDrainer::pass_over(uint32_t number) {
  Ring& ring = rings_[number];
  ring.stuck_passes = 0;
  const size_t start = batch_.size();
  uint64_t best_line = 0;
  uint64_t best_sequence = 0;
  for (uint64_t place = 0; place < file_.header.lines_per_ring; ++place) {
    const auto found = static_cast<uint32_t>(load_line(file_.lines(number)[place]).words[0]);
    const uint32_t ahead = found - static_cast<uint32_t>(ring.next_line);  // modulo 2^32
    if (ahead == 0 || ahead > UINT32_MAX / 2) continue;
    const uint64_t line = ring.next_line + ahead;
    uint64_t sequence = 0;
    if ((best_line != 0 && line > best_line) || collect_record(number, line, sequence) == 0) continue;
    best_line = line;
    best_sequence = sequence;
  }
  batch_.resize(start);
  if (best_line == 0) return;
  file_.entry(number).missed.fetch_add(best_sequence - ring.next_sequence, std::memory_order_relaxed);
  ring.next_line = ring.batch_line = best_line;
  ring.next_sequence = ring.batch_sequence = best_sequence;
}

// A site is complete before the first record that refers to it is: looked at after the lines were copied, none is
// missing. Written before the lines.
void FlightDrainer::add_sites(std::vector<std::byte>& bytes) {
  const uint32_t claimed = std::min(file_.page().sites_claimed.load(std::memory_order_acquire), file_.header.sites_max);
  for (uint32_t i = 0; i < claimed; ++i) {
    if (sites_written_[i]) continue;
    FlightSiteSlot& slot = file_.site(i);
    const uint32_t mark = std::atomic_ref<uint32_t>(slot.crc).load(std::memory_order_acquire);
    if (mark == 0 ||
        mark != crc32c(reinterpret_cast<const std::byte*>(&slot) + sizeof slot.crc, sizeof slot - sizeof slot.crc)) {
      continue;
    }
    FlightChunk chunk{};
    chunk.kind = FlightChunkKind::kSites;
    chunk.first_site = i;
    const size_t start = bytes.size();
    bytes.resize(start + sizeof chunk);
    append(bytes, &slot, sizeof slot);
    finish_chunk(bytes, start, chunk);
    sites_written_[i] = true;
  }
}

void FlightDrainer::add_anchor(std::vector<std::byte>& bytes) {
  const uint64_t now = monotonic_ns();
  if (now - anchored_ns_ < kAnchorNs) return;
  anchored_ns_ = now;
  const FlightClockAnchor anchor = take_anchor(file_.header.clock);
  FlightChunk chunk{};
  chunk.kind = FlightChunkKind::kAnchor;
  const size_t start = bytes.size();
  bytes.resize(start + sizeof chunk);
  append(bytes, &anchor, sizeof anchor);
  finish_chunk(bytes, start, chunk);
}

Status FlightDrainer::start_segment() {
  if (auto good = writer_->start_next(); !good) return good;
  std::fill(sites_written_.begin(), sites_written_.end(), false);
  anchored_ns_ = 0;
  return {};
}

Status FlightDrainer::write_batch() {
  if (writer_->full()) {
    if (auto good = start_segment(); !good) return good;
  }
  std::vector<std::byte> front;
  add_anchor(front);
  add_sites(front);
  front.insert(front.end(), batch_.begin(), batch_.end());
  return writer_->append(front);
}

void FlightDrainer::move_cursors() {
  for (uint32_t i = 0; i < rings_.size(); ++i) {
    Ring& ring = rings_[i];
    if (ring.batch_line <= ring.next_line) continue;
    ring.next_line = ring.batch_line;
    ring.next_sequence = ring.batch_sequence;
    file_.entry(i).drained_line.store(ring.next_line, std::memory_order_release);
  }
}

void FlightDrainer::give_up(const Error& error) {
  {
    const std::lock_guard lock(error_mutex_);
    error_ = error;
  }
  file_.page().drain_failed.store(1, std::memory_order_release);
  futex_wake_all(flush_done_);
}

Status FlightDrainer::flush(std::chrono::nanoseconds timeout) {
#if defined(__x86_64__)
  __builtin_ia32_sfence();  // the caller's last lines leave its write-combining buffers
#endif
  const uint32_t wanted = flush_wanted_.fetch_add(1, std::memory_order_acq_rel) + 1;
  futex_wake_all(flush_wanted_);
  const Deadline deadline(timeout);
  for (;;) {
    const uint32_t done = flush_done_.load(std::memory_order_acquire);
    if (static_cast<int32_t>(done - wanted) >= 0) return {};
    if (file_.page().drain_failed.load(std::memory_order_acquire) != 0) {
      const std::lock_guard lock(error_mutex_);
      return tl::unexpected<Error>(error_);
    }
    if (deadline.passed()) return fail(ErrorKind::kEnvironment, "flight recorder: the drainer is behind");
    futex_wait(flush_done_, done, std::min(deadline.remaining(), std::chrono::nanoseconds(kPauseNsMax)));
  }
}

}  // namespace crashwright::postmortem
