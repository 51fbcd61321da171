// What the audit log's front (append, append_durable, wait_durable) and its committer share.
//
// Threads: atomics, and a ring of many producers and one consumer. `seal_reason` is written once, before `sealed`.
// Errors:  none. Signal context: no.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "postmortem/audit_ring.h"
#include "postmortem/control_block.h"

namespace crashwright::postmortem {

struct AuditCommitState {
  AuditCommitState(size_t ring_records, uint64_t next_sequence)
      : witness(control_block().engine), ring(ring_records, next_sequence), durable(next_sequence - 1) {}

  EngineWitness& witness;
  AuditRing ring;
  alignas(kCacheLineBytes) std::atomic<uint64_t> durable;
  alignas(kCacheLineBytes) std::atomic<uint32_t> waiters{0};
  std::atomic<uint32_t> wait_epoch{0};
  std::atomic<uint64_t> awaited{0};                            // by the one who began to wait last
  std::atomic<bool> awaited_by_leader{false};                  // who would have committed it itself
  alignas(kCacheLineBytes) std::atomic<uint32_t> sleeping{0};  // the committer sleeps or is about to
  alignas(kCacheLineBytes) std::atomic<bool> refusing{false};  // append() takes nothing more: sealed or closing
  std::atomic<bool> stopping{false};
  std::atomic<bool> sealed{false};
  Error seal_reason;

  // One thread waits for `sequence`, the last one so far: nothing can come from it before that is durable.
  [[nodiscard]] bool lone(uint64_t sequence) const noexcept {
    return waiters.load(std::memory_order_relaxed) == 1 && awaited.load(std::memory_order_relaxed) == sequence &&
           !ring.claimed(sequence + 1);
  }
  void acknowledge(uint64_t sequence) noexcept;
  void seal(Error reason);
  void wake_waiters() noexcept;
};

}  // namespace crashwright::postmortem
