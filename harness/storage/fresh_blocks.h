// Which blocks of a file a write was the first to fill, and what may survive of them on a file system that gives blocks
// out late and orders data before metadata (ext4 with delayed allocation and data=ordered; docs/storage.md).
//
// There, a block that held nothing is given out when the kernel writes it back, and neither the block nor a size that
// reaches it is on disk before its bytes are. So
//   - what one write is the first to put into such blocks is there as a whole or not at all; a write of more than
//     128 KiB in pieces of that, for the kernel may begin to write back while it goes on;
//   - a later write to such a block survives only if the first did;
//   - write-back takes a file's blocks in order: a block given out later, further behind in the file, survives only if
//     those before it did, and so does a size that was set later and reaches over them;
//   - but sync_file_range, posix_fadvise(POSIX_FADV_DONTNEED) and O_DIRECT (begins_write_back()) take their own bytes
//     first: those survive without what stands before them in the file, which then reads as zeros, and among themselves
//     in the order in which they were taken.
// A punched hole, and a range that is zeroed, holds nothing in its whole blocks.
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
#include <utility>
#include <vector>

#include "harness/storage/number_set.h"
#include "harness/storage/operation_list.h"

namespace crashwright::harness {

inline constexpr uint64_t kFileBlockBytes = 4096;

// Neighbouring blocks that share their fate, [first, last].
struct FreshRun {
  static constexpr uint32_t kSomeTime = UINT32_MAX;
  uint64_t first = 0;
  uint64_t last = 0;
  uint32_t taken_at = kSomeTime;  // the operation that had them written back before others
  bool joined = false;            // unless either was taken so, the fate of the run before is that of this one, too
};

class FreshBlocks {
 public:
  explicit FreshBlocks(const OperationList& operations);
  // Those of one write, in order.
  [[nodiscard]] std::span<const FreshRun> of(size_t operation) const {
    return std::span(runs_).subspan(begin_[operation], begin_[operation + 1] - begin_[operation]);
  }
  // Where the last bytes of the write end that stand in a block given out before; 0: none do.
  [[nodiscard]] uint64_t given_end(size_t operation, const Operation& write) const;

 private:
  void take_before_others(const OperationList& operations);
  void cut_runs(const std::vector<std::pair<uint32_t, FreshRun>>& parts);

  std::vector<FreshRun> runs_;
  std::vector<uint32_t> begin_;  // of each operation, and of the end
};

// Follows one crash state through its operations, in their order.
class DelayedAllocation {
 public:
  // The power goes before operation `point`.
  DelayedAllocation(const FreshBlocks& fresh, size_t point) : fresh_(fresh), point_(point) {}

  // The tear units of write number `index` that are lost, when `wish(unit)` tells which are meant to be: asked of the
  // first unit of each run, and of every unit of other blocks.
  template <typename Wish>
  [[nodiscard]] std::vector<uint64_t> lost_units(size_t index, const Operation& write, uint32_t unit_bytes, Wish wish);
  // A write that is safe, whatever is wished.
  void keep(const Operation& write);
  // The file is cut at `size`: what is written behind it later begins anew.
  void cut(NodeId node, uint64_t size);
  // So does what is written into the hole.
  void punch(const Operation& zero);
  // A file of `size` would reach over what was lost.
  [[nodiscard]] bool reaches_over_lost(NodeId node, uint64_t size) const;
  // How long the file may be without the bytes of write number `index`; 0: no longer than it was.
  [[nodiscard]] uint64_t size_ahead(size_t index, const Operation& write) const;

 private:
  // Blocks that were never given out; of those that were to be taken before others also by when.
  struct LostBlocks {
    NumberSet all;
    std::set<std::pair<uint32_t, uint64_t>> taken;

    void add(const FreshRun& run, bool taken_first) {
      for (uint64_t block = run.first; block <= run.last; ++block) {
        all.insert(block);
        if (taken_first) taken.emplace(run.taken_at, block);
      }
    }
    void erase(uint64_t begin, uint64_t end) {
      all.erase(begin, end);
      std::erase_if(taken, [&](const auto& entry) { return entry.second >= begin && entry.second < end; });
    }
    // A run cannot survive since what comes before it did not.
    [[nodiscard]] bool bars(const FreshRun& run, bool taken_first) const {
      if (taken_first) return !taken.empty() && *taken.begin() < std::pair(run.taken_at, run.first);
      return !all.empty() && all.first() < run.first;
    }
  };

  const FreshBlocks& fresh_;
  size_t point_;
  std::unordered_map<NodeId, LostBlocks> lost_;
};

template <typename Wish>
std::vector<uint64_t> DelayedAllocation::lost_units(size_t index, const Operation& write, uint32_t unit_bytes,
                                                    Wish wish) {
  LostBlocks& lost = lost_[write.node];
  const uint64_t end = write.offset + std::max<uint64_t>(write.size, 1);
  std::vector<uint64_t> units;
  const std::span<const FreshRun> runs = fresh_.of(index);
  auto run = runs.begin();
  bool run_lost = false;
  bool taken_first = false;
  uint64_t asked = UINT64_MAX;  // the run whose fate is known, by its first block
  for (uint64_t unit = write.offset / unit_bytes; unit <= (end - 1) / unit_bytes; ++unit) {
    const uint64_t block = std::max(unit * unit_bytes, write.offset) / kFileBlockBytes;
    while (run != runs.end() && run->last < block) ++run;
    if (run == runs.end() || block < run->first) {
      if (lost.all.contains(block) || wish(unit)) units.push_back(unit);
      continue;
    }
    if (asked != run->first) {
      asked = run->first;
      const bool before_taken = taken_first;
      taken_first = run->taken_at < point_;
      if (!run->joined || taken_first || before_taken) run_lost = lost.bars(*run, taken_first) || wish(unit);
      if (run_lost) lost.add(*run, taken_first);
    }
    if (run_lost) units.push_back(unit);
  }
  return units;
}

}  // namespace crashwright::harness
