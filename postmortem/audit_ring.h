// The way from the threads of the engine to the audit committer: a bounded ring, many producers, one consumer.
//
// A producer claims the next sequence, waits for room (rarely), copies its record and publishes it with one store. The
// sequence is the record's own first field, which no earlier lap of the ring can hold: no flags beside the records.
// Threads: claim, has_room and publish from any thread; the rest by the consumer. Lock-free but for waiting for room.
// Errors:  none. Memory is taken and touched at construction. Signal context: publish yes, the others as well.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "postmortem/audit_record.h"

namespace crashwright::postmortem {

inline constexpr size_t kCacheLineBytes = 64;

class AuditRing {
 public:
  // `records` is a power of two; `next_sequence` the first that will be claimed, at least 1.
  AuditRing(size_t records, uint64_t next_sequence);

  [[nodiscard]] uint64_t claim() noexcept { return next_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] bool has_room(uint64_t sequence) const noexcept {
    if (sequence <= room_until_.load(std::memory_order_acquire)) return true;
    const uint64_t until = released_.load(std::memory_order_acquire) + records_;
    room_until_.store(until, std::memory_order_release);
    return sequence <= until;
  }
  // `record.sequence` was claimed and has room. Sequentially consistent, so that the sleep flag can be read after it.
  void publish(const AuditRecord& record) noexcept;

  // How many records from `sequence` on are published without a gap, at most `limit`.
  [[nodiscard]] size_t published(uint64_t sequence, size_t limit) const noexcept;
  // A published record.
  [[nodiscard]] const AuditRecord& at(uint64_t sequence) const noexcept { return slots_[sequence & mask_].record; }
  // Gives the places of every record up to `sequence` back to the producers.
  void release(uint64_t sequence) noexcept { released_.store(sequence, std::memory_order_release); }
  // True while somebody has claimed `sequence` or a later one.
  [[nodiscard]] bool claimed(uint64_t sequence) const noexcept {
    return next_.load(std::memory_order_acquire) > sequence;
  }

 private:
  struct alignas(2 * kCacheLineBytes) Slot {
    AuditRecord record;
  };

  const size_t records_;
  const size_t mask_;
  std::unique_ptr<Slot[]> slots_;
  alignas(kCacheLineBytes) std::atomic<uint64_t> next_;
  // Room was seen up to here: the producers' own copy, so that they seldom ask for the consumer's line, and with it all
  // that its writer acquired. Two of them may put an older value last; that only asks again.
  mutable std::atomic<uint64_t> room_until_;
  alignas(kCacheLineBytes) std::atomic<uint64_t> released_;
};

}  // namespace crashwright::postmortem
