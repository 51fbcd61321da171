#include "rca/heap_map.h"

#include <algorithm>

namespace crashwright::rca {
namespace {

constexpr uint64_t kTableSize = 0x290;  // block of tcache_perthread_struct
constexpr uint64_t kMainArenaTable = kTableSize | 1;
constexpr uint64_t kThreadArenaTable = kTableSize | 5;
constexpr uint64_t kSearched = 4096;  // bytes at the beginning of a segment
constexpr uint64_t kBins = 64;
constexpr uint64_t kCountsBytes = kBins * 2;
constexpr uint64_t kHeader = 16;
constexpr uint64_t kSmallest = 32;
constexpr uint64_t kFlags = 7;
constexpr uint64_t kPreviousInUse = 1;
constexpr size_t kPerBinMax = 64;
constexpr size_t kBlocksMax = 1 << 22;
constexpr size_t kHeapsMax = 256;
constexpr uint64_t kMemberWithin = 1024;  // a pointer may have been moved on to a member, or a virtual function's entry

}  // namespace

HeapMap::HeapMap(const CoreFile& core) : core_(core) {
  for (const CoreSegment& segment : core.segments()) {
    if (segment.writable && segment.saved >= kTableSize && heaps_.size() < kHeapsMax) find_heap(segment);
  }
}

void HeapMap::find_heap(const CoreSegment& segment) {
  const uint64_t end = std::min(segment.begin + kSearched, segment.end);
  for (uint64_t header = segment.begin; header + kHeader <= end; header += kHeader) {
    const auto size = core_.read_word(header + 8);
    if (!size) return;
    if (*size != kMainArenaTable && *size != kThreadArenaTable) continue;
    // The block behind it must look like one, too.
    if (!size_of(header + kTableSize) || header + kTableSize >= segment.end) continue;
    heaps_.push_back({header, segment.end});
    take_cached_blocks(header + kHeader);
    return;
  }
}

std::optional<uint64_t> HeapMap::size_of(uint64_t header) const {
  const auto word = core_.read_word(header + 8);
  if (!word) return std::nullopt;
  const uint64_t size = *word & ~kFlags;
  return size >= kSmallest && size % kHeader == 0 ? std::optional(size) : std::nullopt;
}

void HeapMap::take_cached_blocks(uint64_t table) {
  for (uint64_t bin = 0; bin < kBins; ++bin) {
    auto entry = core_.read_word(table + kCountsBytes + bin * 8);
    for (size_t count = 0; entry && *entry != 0 && count < kPerBinMax; ++count) {
      const auto size = size_of(*entry - kHeader);
      if (!size) break;
      cached_.push_back({*entry, *size - 8, true});
      const auto next = core_.read_word(*entry);
      entry = next ? std::optional(*next ^ (*entry >> 12)) : std::nullopt;  // "safe linking"
    }
  }
}

bool HeapMap::is_heap(uint64_t address) const {
  return std::ranges::any_of(heaps_, [&](const Heap& heap) { return address >= heap.first && address < heap.end; });
}

std::optional<HeapBlock> HeapMap::block_at(uint64_t address) const {
  for (const Heap& heap : heaps_) {
    if (address < heap.first || address >= heap.end) continue;
    uint64_t header = heap.first;
    for (size_t count = 0; count < kBlocksMax && header < heap.end; ++count) {
      const auto size = size_of(header);
      if (!size || *size > heap.end - header) return std::nullopt;
      if (address < header + *size + 8) {
        if (address < header + kHeader) return std::nullopt;  // in the header itself
        HeapBlock block{header + kHeader, *size - 8, false};
        const auto behind = core_.read_word(header + *size + 8);
        const bool cached = std::ranges::any_of(cached_, [&](const HeapBlock& b) { return b.begin == block.begin; });
        block.is_free = cached || (behind && header + *size < heap.end && (*behind & kPreviousInUse) == 0);
        return block;
      }
      header += *size;
    }
  }
  return std::nullopt;
}

std::optional<HeapBlock> HeapMap::free_block_holding(uint64_t value) const {
  if (value == 0) return std::nullopt;
  for (const HeapBlock& block : cached_) {
    for (const uint64_t at : {block.begin, block.begin + 8}) {
      const auto held = core_.read_word(at);
      if (held && *held != 0 && value >= *held && value - *held <= kMemberWithin) return block;
    }
  }
  return std::nullopt;
}

}  // namespace crashwright::rca
