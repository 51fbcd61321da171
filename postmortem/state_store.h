// State snapshots in two slots, never in place: at any moment at least one complete snapshot is on the medium.
//
// Threads: one owner. Signal context: no.
// Errors:  kIo / kEnvironment from write(); the previous snapshot is then still intact. kCorrupt from open() for a file
//          that is no state store or of a newer version.
// Durable: write() returns after the slot survives what `durability` names.
// Format:  state_store_format.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_mark.h"

namespace crashwright::postmortem {

// The mark is the place in the audit log up to which the payload is the fold.
struct StateSnapshot : AuditMark {
  std::vector<std::byte> payload;
};

struct StateReadout {
  std::optional<StateSnapshot> newest;  // newest intact slot; none in a fresh store
  uint32_t slots_intact = 0;
  std::vector<std::string> refused;  // one line per slot that was not intact, with the reason
};

// Reads without changing anything; a missing file is an empty readout.
[[nodiscard]] Result<StateReadout> read_state_store(const std::string& path);

struct StateStoreOptions {
  std::string path;
  Durability durability = Durability::kProcessDeath;
  size_t slot_bytes = 1 << 20;  // capacity of one slot, header included
};

class StateStore {
 public:
  [[nodiscard]] static Result<std::unique_ptr<StateStore>> open(const StateStoreOptions& options);
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;
  virtual ~StateStore() = default;

  // Writes into the slot that does not hold the newest snapshot. `mark.sequence` must be above the newest one's.
  [[nodiscard]] virtual Status write(const AuditMark& mark, std::span<const std::byte> payload) = 0;

 protected:
  StateStore() = default;
};

}  // namespace crashwright::postmortem
