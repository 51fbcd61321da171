// What a power loss leaves: from a record of operations, the tree that a storage profile allows, drawn from a seed.
//
// Profiles (design: "Storage profiles"):
//   K  process death: everything.
//   E  ext4-like: fsync of a file makes its data durable and, where it commits the journal (journal_commits.h), all
//      earlier metadata; later metadata is lost as a suffix; unsynced data may be lost in any subset of its tear units;
//      what fills blocks that held nothing before comes with them, as a whole and in order (fresh_blocks.h).
//   S  strict POSIX: only fsynced bytes and fsynced folder entries are safe; each unsynced change of an entry is kept
//      or lost by itself, one rename being one change.
// Threads: pure functions. Units: bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/storage/operation_list.h"
#include "harness/storage/tree_model.h"

namespace crashwright::harness {

struct PowerLossOptions {
  char profile = 'E';
  uint64_t seed = 1;
  uint32_t tear_unit_bytes = 512;
  uint64_t lost_max = UINT64_MAX;  // tear units and changes; what the seed would take away beyond that is kept
};

// A change that did not survive, or not wholly.
struct LostOperation {
  size_t index = 0;    // in the record
  uint64_t units = 0;  // tear units of a write that were lost; 0: the change as a whole
  uint64_t of = 0;     // tear units that it had
};

struct PowerLossImage {
  TreeModel tree;
  uint64_t operations_lost = 0;  // wholly
  uint64_t writes_torn = 0;      // kept in part
  std::vector<LostOperation> lost;
};

[[nodiscard]] PowerLossImage power_loss_image(const OperationList& operations, const PowerLossOptions& options);

}  // namespace crashwright::harness
