// Which blocks of a file a write was the first to fill, and what may survive of them on a file system that gives blocks
// out late and orders data before metadata (ext4 with delayed allocation and data=ordered; docs/storage.md).
//
// There, a block that held nothing is given out when the kernel writes it back, and neither the block nor a size that
// reaches it is on disk before its bytes are. So
//   - what one write is the first to put into such blocks is there as a whole or not at all; a write of more than
//     128 KiB in pieces of that, for the kernel may begin to write back while it goes on;
//   - a later write to such a block survives only if the first did;
//   - write-back takes a file's blocks in order: a block given out later, further behind in the file, survives only if
//     those before it did, and so does a size that was set later and reaches over them.
// What is written to blocks that were given out before, the rest of a half-filled last block too, tears and is
// reordered like any overwriting: there the size may be ahead of the bytes, for it is set in memory at once and goes
// with the next commit, which waits for the bytes of new blocks alone.
// Threads: FreshBlocks is immutable once made; a DelayedAllocation has one owner. Errors: none. Units: bytes, but
// blocks and tear units where they are named.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "harness/storage/operation.h"

namespace crashwright::harness {

inline constexpr uint64_t kFileBlockBytes = 4096;

// Neighbouring blocks that share their fate, [first, last].
struct FreshRun {
  uint64_t first = 0;
  uint64_t last = 0;
};

class FreshBlocks {
 public:
  explicit FreshBlocks(const std::vector<Operation>& operations);
  // Those of one write, in order.
  [[nodiscard]] std::span<const FreshRun> of(size_t operation) const {
    return std::span(runs_).subspan(begin_[operation], begin_[operation + 1] - begin_[operation]);
  }
  // Where the last bytes of the write end that stand in a block given out before; 0: none do.
  [[nodiscard]] uint64_t given_end(size_t operation, const Operation& write) const;

 private:
  std::vector<FreshRun> runs_;
  std::vector<uint32_t> begin_;  // of each operation, and of the end
};

// Follows one crash state through its operations, in their order.
class DelayedAllocation {
 public:
  explicit DelayedAllocation(const FreshBlocks& fresh) : fresh_(fresh) {}

  // The tear units of write number `index` that are lost, when `wish(unit)` tells which are meant to be: asked of the
  // first unit of each run, and of every unit of other blocks.
  template <typename Wish>
  [[nodiscard]] std::vector<uint64_t> lost_units(size_t index, const Operation& write, uint32_t unit_bytes, Wish wish);
  // A write that is safe, whatever is wished.
  void keep(const Operation& write);
  // The file is cut at `size`: what is written behind it later begins anew.
  void cut(NodeId node, uint64_t size);
  // A file of `size` would reach over what was lost.
  [[nodiscard]] bool reaches_over_lost(NodeId node, uint64_t size) const;
  // How long the file may be without the bytes of write number `index`; 0: no longer than it was.
  [[nodiscard]] uint64_t size_ahead(size_t index, const Operation& write) const;

 private:
  std::set<uint64_t>& lost_of(NodeId node) { return lost_[node]; }

  const FreshBlocks& fresh_;
  std::unordered_map<NodeId, std::set<uint64_t>> lost_;  // blocks that were never given out
};

template <typename Wish>
std::vector<uint64_t> DelayedAllocation::lost_units(size_t index, const Operation& write, uint32_t unit_bytes,
                                                    Wish wish) {
  std::set<uint64_t>& lost = lost_of(write.node);
  const uint64_t end = write.offset + std::max<uint64_t>(write.size, 1);
  std::vector<uint64_t> units;
  const std::span<const FreshRun> runs = fresh_.of(index);
  auto run = runs.begin();
  bool run_lost = false;
  uint64_t asked = UINT64_MAX;  // the run whose fate is known, by its first block
  for (uint64_t unit = write.offset / unit_bytes; unit <= (end - 1) / unit_bytes; ++unit) {
    const uint64_t block = std::max(unit * unit_bytes, write.offset) / kFileBlockBytes;
    while (run != runs.end() && run->last < block) ++run;
    if (run == runs.end() || block < run->first) {
      if (lost.contains(block) || wish(unit)) units.push_back(unit);
      continue;
    }
    if (asked != run->first) {
      asked = run->first;
      run_lost = (!lost.empty() && *lost.begin() < run->first) || wish(unit);
      for (uint64_t gone = run->first; run_lost && gone <= run->last; ++gone) lost.insert(gone);
    }
    if (run_lost) units.push_back(unit);
  }
  return units;
}

}  // namespace crashwright::harness
