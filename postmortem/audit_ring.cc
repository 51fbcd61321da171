#include "postmortem/audit_ring.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace crashwright::postmortem {

// make_unique zeroes the slots, which also touches every page: append() meets no page fault later.
AuditRing::AuditRing(size_t records, uint64_t next_sequence)
    : records_(records),
      mask_(records - 1),
      slots_(std::make_unique<Slot[]>(records)),
      next_(next_sequence),
      room_until_(next_sequence - 1 + records),
      released_(next_sequence - 1) {
  CRASHWRIGHT_CHECK(std::has_single_bit(records), "the ring's size is a power of two");
  CRASHWRIGHT_CHECK(next_sequence >= 1, "sequence 0 marks an unused place");
}

void AuditRing::publish(const AuditRecord& record) noexcept {
  AuditRecord& slot = slots_[record.sequence & mask_].record;
  constexpr size_t kAfterSequence = offsetof(AuditRecord, wall_ns);
  static_assert(offsetof(AuditRecord, sequence) == 0, "the sequence publishes what follows it");
  std::memcpy(reinterpret_cast<std::byte*>(&slot) + kAfterSequence,
              reinterpret_cast<const std::byte*>(&record) + kAfterSequence, sizeof record - kAfterSequence);
  std::atomic_ref<uint64_t>(slot.sequence).store(record.sequence, std::memory_order_seq_cst);
}

size_t AuditRing::published(uint64_t sequence, size_t limit) const noexcept {
  size_t count = 0;
  while (count < limit) {
    AuditRecord& slot = slots_[(sequence + count) & mask_].record;
    if (std::atomic_ref<uint64_t>(slot.sequence).load(std::memory_order_seq_cst) != sequence + count) break;
    ++count;
  }
  return count;
}

}  // namespace crashwright::postmortem
