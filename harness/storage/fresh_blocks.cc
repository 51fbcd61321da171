#include "harness/storage/fresh_blocks.h"

#include <map>
#include <optional>

namespace crashwright::harness {
namespace {

constexpr uint64_t kTogetherBytes = 128 * 1024;  // the kernel looks whether too much is dirty after 32 pages

// Blocks of one file that were given out, as ranges [begin, end) that never touch.
class GivenBlocks {
 public:
  // Calls `fresh(first, last)` for those of [first, last] that were not, and gives them out.
  template <typename Fresh>
  void fill(uint64_t first, uint64_t last, Fresh fresh) {
    auto at = ranges_.upper_bound(first);
    if (at != ranges_.begin()) --at;
    uint64_t next = first;
    for (; at != ranges_.end() && at->first <= last; ++at) {
      if (at->second <= next) continue;
      if (at->first > next) fresh(next, at->first - 1);
      next = std::max(next, at->second);
    }
    if (next <= last) fresh(next, last);
    add(first, last + 1);
  }

  // Not given out any more: [begin, end).
  void take_back(uint64_t begin, uint64_t end) {
    auto at = ranges_.lower_bound(begin);
    if (at != ranges_.begin() && std::prev(at)->second > begin) {
      --at;
      const uint64_t behind = std::exchange(at->second, begin);
      if (behind > end) ranges_[end] = behind;
      ++at;
    }
    while (at != ranges_.end() && at->first < end) {
      const uint64_t behind = at->second;
      at = ranges_.erase(at);
      if (behind > end) at = ranges_.insert_or_assign(at, end, behind);
    }
  }

 private:
  void add(uint64_t begin, uint64_t end) {
    auto at = ranges_.upper_bound(begin);
    if (at != ranges_.begin() && std::prev(at)->second >= begin) {
      --at;
      begin = at->first;
    }
    while (at != ranges_.end() && at->first <= end) {
      end = std::max(end, at->second);
      at = ranges_.erase(at);
    }
    ranges_[begin] = end;
  }

  std::map<uint64_t, uint64_t> ranges_;
};

uint64_t blocks_up_to(uint64_t size) { return (size + kFileBlockBytes - 1) / kFileBlockBytes; }

// Blocks that hold nothing behind the operation: [begin, end).
struct Holes {
  uint64_t begin = 0;
  uint64_t end = 0;
};

std::optional<Holes> holes_of(const Operation& operation) {
  if (operation.kind == OperationKind::kTruncate) return Holes{blocks_up_to(operation.size), UINT64_MAX};
  if (operation.kind != OperationKind::kZero) return std::nullopt;
  const Holes holes{blocks_up_to(operation.offset), (operation.offset + operation.size) / kFileBlockBytes};
  return holes.begin < holes.end ? std::optional(holes) : std::nullopt;
}

// Runs of one file that were not written back before others.
class WaitingBlocks {
 public:
  void add(const FreshRun& run, uint32_t number) { waiting_[run.first] = {run.last, number}; }

  // Takes out [begin, end); calls `taken(number, part)` for each part of a run.
  template <typename Taken>
  void take(uint64_t begin, uint64_t end, Taken taken) {
    auto at = waiting_.upper_bound(begin);
    if (at != waiting_.begin()) --at;
    while (at != waiting_.end() && at->first < end) {
      const uint64_t first = at->first;
      const auto [last, number] = at->second;
      if (last < begin) {
        ++at;
        continue;
      }
      at = waiting_.erase(at);
      FreshRun part;
      part.first = std::max(first, begin);
      part.last = std::min(last, end - 1);
      taken(number, part);
      if (first < begin) waiting_[first] = {begin - 1, number};
      if (last >= end) at = waiting_.insert_or_assign(at, end, std::pair(last, number));
    }
  }

 private:
  std::map<uint64_t, std::pair<uint64_t, uint32_t>> waiting_;  // first block: last block, number of its run
};

}  // namespace

FreshBlocks::FreshBlocks(const OperationList& operations) {
  std::unordered_map<NodeId, GivenBlocks> files;
  begin_.reserve(operations.size() + 1);
  for (const Operation& operation : operations) {
    begin_.push_back(static_cast<uint32_t>(runs_.size()));
    if (const auto holes = holes_of(operation)) files[operation.node].take_back(holes->begin, holes->end);
    if (operation.kind != OperationKind::kWrite || operation.size == 0) continue;
    const uint64_t last = (operation.offset + operation.size - 1) / kFileBlockBytes;
    const auto together = [&](uint64_t block) {
      return (std::max(block * kFileBlockBytes, operation.offset) - operation.offset) / kTogetherBytes;
    };
    const auto add = [&](uint64_t begin, uint64_t end) {
      for (uint64_t block = begin; block <= end; ++block) {
        const bool more = block > begin && together(block) == together(block - 1);
        if (!more) runs_.push_back({block, block});
        runs_.back().last = block;
      }
    };
    files[operation.node].fill(operation.offset / kFileBlockBytes, last, add);
  }
  begin_.push_back(static_cast<uint32_t>(runs_.size()));
  if (std::any_of(operations.begin(), operations.end(), begins_write_back)) take_before_others(operations);
}

// Runs are cut where write-back that takes some bytes first begins and ends.
void FreshBlocks::take_before_others(const OperationList& operations) {
  std::unordered_map<NodeId, WaitingBlocks> files;
  std::vector<std::pair<uint32_t, FreshRun>> taken;  // parts of runs, with the number of the run
  for (uint32_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    if (const auto holes = holes_of(operation)) files[operation.node].take(holes->begin, holes->end, [](auto, auto) {});
    for (uint32_t run = begin_[i]; run < begin_[i + 1]; ++run) files[operation.node].add(runs_[run], run);
    if (!begins_write_back(operation) || operation.size == 0) continue;
    files[operation.node].take(operation.offset / kFileBlockBytes, blocks_up_to(operation.offset + operation.size),
                               [&](uint32_t run, FreshRun part) {
                                 part.taken_at = i;
                                 taken.emplace_back(run, part);
                               });
  }
  std::sort(taken.begin(), taken.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second.first) < std::pair(b.first, b.second.first);
  });
  cut_runs(taken);
}

void FreshBlocks::cut_runs(const std::vector<std::pair<uint32_t, FreshRun>>& parts) {
  std::vector<FreshRun> runs;
  auto part = parts.begin();
  for (size_t operation = 0; operation + 1 < begin_.size(); ++operation) {
    const uint32_t from = std::exchange(begin_[operation], static_cast<uint32_t>(runs.size()));
    for (uint32_t run = from; run < begin_[operation + 1]; ++run) {
      const FreshRun whole = runs_[run];
      uint64_t next = whole.first;
      const auto add = [&](FreshRun piece) {
        piece.joined = piece.first != whole.first;
        runs.push_back(piece);
        next = piece.last + 1;
      };
      for (; part != parts.end() && part->first == run; ++part) {
        if (part->second.first > next) add({next, part->second.first - 1});
        add(part->second);
      }
      if (next <= whole.last) add({next, whole.last});
    }
  }
  begin_.back() = static_cast<uint32_t>(runs.size());
  runs_ = std::move(runs);
}

uint64_t FreshBlocks::given_end(size_t operation, const Operation& write) const {
  if (write.size == 0) return 0;
  const uint64_t end = write.offset + write.size;
  const uint64_t first = write.offset / kFileBlockBytes;
  uint64_t behind = (end - 1) / kFileBlockBytes + 1;  // of the block looked at
  const std::span<const FreshRun> runs = of(operation);
  for (auto run = runs.rbegin(); run != runs.rend() && run->last + 1 == behind; ++run) behind = run->first;
  return behind <= first ? 0 : std::min(end, behind * kFileBlockBytes);
}

void DelayedAllocation::keep(const Operation& write) {
  const auto file = lost_.find(write.node);
  if (file == lost_.end() || file->second.all.empty() || write.size == 0) return;
  file->second.erase(write.offset / kFileBlockBytes, blocks_up_to(write.offset + write.size));
}

bool DelayedAllocation::reaches_over_lost(NodeId node, uint64_t size) const {
  const auto file = lost_.find(node);
  return file != lost_.end() && !file->second.all.empty() && file->second.all.first() * kFileBlockBytes < size;
}

uint64_t DelayedAllocation::size_ahead(size_t index, const Operation& write) const {
  if ((write.flags & kDirect) != 0) return 0;  // its size is set once its bytes are there
  const uint64_t end = fresh_.given_end(index, write);
  const auto file = lost_.find(write.node);
  const bool lost = file != lost_.end() && end > 0 && file->second.all.contains((end - 1) / kFileBlockBytes);
  return lost ? 0 : end;
}

void DelayedAllocation::cut(NodeId node, uint64_t size) {
  const auto file = lost_.find(node);
  if (file != lost_.end()) file->second.erase(blocks_up_to(size), UINT64_MAX);
}

void DelayedAllocation::punch(const Operation& zero) {
  const auto file = lost_.find(zero.node);
  const auto holes = holes_of(zero);
  if (file != lost_.end() && holes) file->second.erase(holes->begin, holes->end);
}

}  // namespace crashwright::harness
