// A record of operations prepared for exploring: the operations, what became durable when, and what was acknowledged
// where.
//
// A crash point p means: the operations before index p have happened, nothing else has. Marks (acknowledgements) are
// taken out of the numbering: acked(p) counts those that came before operation p.
// Threads: immutable once made. Errors: none. Units: bytes. Memory: some ten bytes an operation, whatever it wrote; the
//          operations stay in the storage record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/storage/explore/operation_paths.h"
#include "harness/storage/explore/storage_profile.h"
#include "harness/storage/operation_list.h"

namespace crashwright::harness {

enum class SizeChange : uint8_t { kNone, kShrinks, kGrows };

struct Recording {
  OperationList operations;            // without marks
  uint32_t initial = 0;                // so many at the beginning describe what was there before the run
  std::vector<std::string> tokens;     // acknowledged, in order
  std::vector<uint32_t> acked_before;  // of each token: the index of the operation that came next
  std::vector<int32_t> acked_by;       // of each token: the thread that wrote it, 0: unknown
  std::vector<uint64_t> counters;      // of each token: the engine's counter that it stands for, otherwise 0
  OperationPaths paths;                // of each operation, as a person would name what it changed
  std::vector<SizeChange> sizes;       // of each operation: what it did to its file's size, with nothing lost
  uint64_t image_bytes = 0;            // no image holds more
  uint32_t nodes = 1;                  // node numbers are below it

  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(operations.size()); }
  // A truncation that cuts something off.
  [[nodiscard]] bool shrinks(uint32_t index) const { return sizes[index] == SizeChange::kShrinks; }
  // A write that reaches behind the end.
  [[nodiscard]] bool appends(uint32_t index) const {
    return sizes[index] == SizeChange::kGrows && operations[index].kind == OperationKind::kWrite;
  }
  // Tokens acknowledged before crash point `point`: those issued before operation `point` began.
  [[nodiscard]] uint32_t acked(uint32_t point) const;
};

[[nodiscard]] Recording make_recording(OperationList recorded);

// An acknowledgement that somebody outside of the record saw, at the latest at `time_ns` (CLOCK_MONOTONIC).
struct WitnessedToken {
  std::string token;
  uint64_t counter = 0;
  uint64_t time_ns = 0;
};
// Puts them in front of the first operation that took effect later.
void add_witnessed(std::vector<WitnessedToken> witnessed, Recording& recording);

inline constexpr uint32_t kNeverDurable = UINT32_MAX;

// Of each operation the index of the sync that makes it durable: at crash points behind that index it is safe.
// 0 for what was there before the run, kNeverDurable for what no sync covers. Syncs themselves count as safe. Where
// everything is kept, a write that a kill may cut (may_be_cut()) is not safe before the next operation.
[[nodiscard]] std::vector<uint32_t> durable_from(const Recording& recording, const StorageProfile& profile);

// A write of more than one page through the page cache, as a program asked for it: a kill in the middle of the call
// leaves the pages that were done.
[[nodiscard]] bool may_be_cut(const Operation& operation) noexcept;

// Does `profile` treat the loss of this operation as one of metadata (lost in order where the profile says so)?
[[nodiscard]] inline bool is_metadata(const Operation& operation) noexcept {
  return changes_tree(operation.kind) || operation.kind == OperationKind::kTruncate ||
         operation.kind == OperationKind::kAllocate;
}

}  // namespace crashwright::harness
