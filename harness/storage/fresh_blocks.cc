#include "harness/storage/fresh_blocks.h"

#include <map>

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

  void cut(uint64_t from) {
    ranges_.erase(ranges_.lower_bound(from), ranges_.end());
    if (!ranges_.empty()) ranges_.rbegin()->second = std::min(ranges_.rbegin()->second, from);
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

}  // namespace

FreshBlocks::FreshBlocks(const std::vector<Operation>& operations) {
  std::unordered_map<NodeId, GivenBlocks> files;
  begin_.reserve(operations.size() + 1);
  for (const Operation& operation : operations) {
    begin_.push_back(static_cast<uint32_t>(runs_.size()));
    if (operation.kind == OperationKind::kTruncate) files[operation.node].cut(blocks_up_to(operation.size));
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
  if (file == lost_.end() || file->second.empty() || write.size == 0) return;
  const auto first = file->second.lower_bound(write.offset / kFileBlockBytes);
  const auto last = file->second.upper_bound((write.offset + write.size - 1) / kFileBlockBytes);
  file->second.erase(first, last);
}

bool DelayedAllocation::reaches_over_lost(NodeId node, uint64_t size) const {
  const auto file = lost_.find(node);
  return file != lost_.end() && !file->second.empty() && *file->second.begin() * kFileBlockBytes < size;
}

uint64_t DelayedAllocation::size_ahead(size_t index, const Operation& write) const {
  const uint64_t end = fresh_.given_end(index, write);
  const auto file = lost_.find(write.node);
  const bool lost = file != lost_.end() && end > 0 && file->second.contains((end - 1) / kFileBlockBytes);
  return lost ? 0 : end;
}

void DelayedAllocation::cut(NodeId node, uint64_t size) {
  const auto file = lost_.find(node);
  if (file != lost_.end()) file->second.erase(file->second.lower_bound(blocks_up_to(size)), file->second.end());
}

}  // namespace crashwright::harness
