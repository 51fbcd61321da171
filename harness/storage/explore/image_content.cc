#include "harness/storage/explore/image_content.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "harness/storage/record_pages.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kBlockBytes = ContentLeaf::kBlockBytes;
constexpr uint64_t kOdd = 0x9e3779b97f4a7c15U;

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

// Calls `part(block, begin, end)` for each block of leaf `number` in [begin, end) of the file, in offsets of the block.
template <typename Part>
void each_block(uint64_t number, uint64_t begin, uint64_t end, Part part) {
  const uint64_t leaf_begin = number * ContentLeaf::kBytes;
  const uint64_t from = std::max(begin, leaf_begin) - leaf_begin;
  const uint64_t to = std::min(end - leaf_begin, ContentLeaf::kBytes);
  for (uint64_t at = from; at < to; at = (at / kBlockBytes + 1) * kBlockBytes) {
    part(at / kBlockBytes, at % kBlockBytes, std::min(kBlockBytes, to - at / kBlockBytes * kBlockBytes));
  }
}

std::span<const ContentLeaf::Piece> pieces_of(const ContentLeaf* leaf, uint64_t block) {
  return leaf == nullptr ? std::span<const ContentLeaf::Piece>() : leaf->pieces(block);
}

// Calls `differs(begin, end)` for parts of a block that are not the same memory.
template <typename Differs>
void each_difference(std::span<const ContentLeaf::Piece> mine, std::span<const ContentLeaf::Piece> other,
                     Differs differs) {
  if (std::ranges::equal(mine, other)) return;
  size_t ours = 0;
  size_t theirs = 0;
  const auto next = [](std::span<const ContentLeaf::Piece> pieces, size_t at) {
    return at + 1 < pieces.size() ? pieces[at + 1].begin() : kBlockBytes;
  };
  for (uint64_t at = 0; at < kBlockBytes;) {
    const uint64_t end = std::min(next(mine, ours), next(other, theirs));
    const std::byte* const here = mine.empty() ? nullptr : mine[ours].data_at(at);
    const std::byte* const there = other.empty() ? nullptr : other[theirs].data_at(at);
    if (here != there) differs(at, end);
    if (next(mine, ours) == end) ++ours;
    if (next(other, theirs) == end) ++theirs;
    at = end;
  }
}

}  // namespace

uint64_t mix(uint64_t a, uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a ^ kOdd) * (b ^ 0xd6e8feb86659fd93U);
  const uint64_t folded = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  return (folded ^ (folded >> 29)) * 0xbf58476d1ce4e5b9U + a;
}

uint64_t hash_bytes(std::span<const std::byte> bytes, uint64_t seed) noexcept {
  uint64_t hash = mix(seed, bytes.size());
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 32;
  }
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  return mix(hash, word);
}

std::vector<ImageContent::Place>::iterator ImageContent::find(uint64_t number) {
  // Mostly one writes on where one was, or at the end.
  if (leaves_.empty() || leaves_.back().number < number) return leaves_.end();
  return std::ranges::lower_bound(leaves_, number, {}, &Place::number);
}

ContentLeaf& ImageContent::own(Place& place) {
  if (place.leaf.use_count() > 1) place.leaf = std::make_shared<ContentLeaf>(*place.leaf);
  return *place.leaf;
}

ContentLeaf& ImageContent::leaf_for_change(uint64_t number) {
  auto place = find(number);
  if (place == leaves_.end() || place->number != number) {
    place = leaves_.insert(place, Place{number, std::make_shared<ContentLeaf>()});
  }
  if (stale_.empty() || stale_.back() != number) stale_.push_back(number);
  return own(*place);
}

// Zeros in [begin, end), where anything is.
void ImageContent::clear(uint64_t begin, uint64_t end) {
  if (begin >= end) return;
  for (auto place = find(begin / ContentLeaf::kBytes);
       place != leaves_.end() && place->number * ContentLeaf::kBytes < end; ++place) {
    ContentLeaf& leaf = own(*place);
    if (stale_.empty() || stale_.back() != place->number) stale_.push_back(place->number);
    each_block(place->number, begin, end,
               [&](uint64_t block, uint64_t from, uint64_t to) { leaf.put(block, from, to, nullptr); });
  }
}

void ImageContent::write(uint64_t offset, std::span<const std::byte> data) {
  if (data.empty()) return;
  const uint64_t end = offset + data.size();
  for (uint64_t number = offset / ContentLeaf::kBytes; number * ContentLeaf::kBytes < end; ++number) {
    ContentLeaf& leaf = leaf_for_change(number);
    each_block(number, offset, end, [&](uint64_t block, uint64_t from, uint64_t to) {
      leaf.put(block, from, to, data.data() + (number * ContentLeaf::kBytes + block * kBlockBytes + from - offset));
    });
  }
  size_ = std::max(size_, end);
}

void ImageContent::zero(uint64_t offset, uint64_t bytes) { clear(offset, std::min(size_, offset + bytes)); }

void ImageContent::resize(uint64_t size) {
  clear(size, size_);
  size_ = size;
}

uint64_t ImageContent::hash() {
  std::ranges::sort(stale_);
  const auto doubles = std::ranges::unique(stale_);
  stale_.erase(doubles.begin(), doubles.end());
  std::array<std::byte, kBlockBytes> bytes;
  for (const uint64_t number : stale_) {
    const auto place = find(number);
    if (!place->leaf->is_stale()) continue;
    ContentLeaf& leaf = own(*place);
    for (uint64_t block = 0; block < leaf.blocks(); ++block) {
      if (!leaf.is_stale(block)) continue;
      const uint64_t in_file = number * ContentLeaf::kBlocks + block;
      read(in_file * kBlockBytes, bytes);
      const uint64_t now = is_zero(bytes) ? 0 : mix(hash_bytes(bytes, 0), in_file);
      hash_sum_ += now - leaf.hash(block);
      leaf.set_hash(block, now);
    }
    leaf.trim();
  }
  stale_.clear();
  return mix(hash_sum_, size_);
}

void ImageContent::read(uint64_t offset, std::span<std::byte> out) const {
  std::memset(out.data(), 0, out.size());
  const uint64_t end = offset + out.size();
  auto place = std::ranges::lower_bound(leaves_, offset / ContentLeaf::kBytes, {}, &Place::number);
  for (; place != leaves_.end() && place->number * ContentLeaf::kBytes < end; ++place) {
    each_block(place->number, offset, end, [&](uint64_t block, uint64_t from, uint64_t to) {
      const uint64_t block_at = place->number * ContentLeaf::kBytes + block * kBlockBytes;
      const auto pieces = place->leaf->pieces(block);
      for (size_t i = 0; i < pieces.size(); ++i) {
        const uint64_t piece_end = i + 1 < pieces.size() ? pieces[i + 1].begin() : kBlockBytes;
        const uint64_t first = std::max(from, pieces[i].begin());
        const uint64_t last = std::min(to, piece_end);
        if (first >= last || pieces[i].data() == nullptr) continue;
        const std::byte* const data = pieces[i].data_at(first);
        std::memcpy(out.data() + (block_at + first - offset), data, last - first);
        note_record_read(data, last - first);
      }
    });
  }
}

std::string ImageContent::text() const {
  std::string all(size_, '\0');
  read(0, std::as_writable_bytes(std::span(all)));
  return all;
}

void ImageContent::differing(const ImageContent& other, const std::function<void(uint64_t, uint64_t)>& differs) const {
  uint64_t from = 0;  // of a range that may go on
  uint64_t to = 0;
  const auto add = [&](uint64_t begin, uint64_t end) {
    if (begin != to) {
      if (from < std::min(to, size_)) differs(from, std::min(to, size_));
      from = begin;
    }
    to = end;
  };
  auto mine = leaves_.begin();
  auto theirs = other.leaves_.begin();
  while (mine != leaves_.end() || theirs != other.leaves_.end()) {
    const bool first = theirs == other.leaves_.end() || (mine != leaves_.end() && mine->number <= theirs->number);
    const uint64_t number = first ? mine->number : theirs->number;
    const ContentLeaf* const ours = first ? (mine++)->leaf.get() : nullptr;
    const bool both = theirs != other.leaves_.end() && theirs->number == number;
    const ContentLeaf* const old = both ? (theirs++)->leaf.get() : nullptr;
    if (ours == old) continue;
    const uint64_t blocks = std::max(ours == nullptr ? 0 : ours->blocks(), old == nullptr ? 0 : old->blocks());
    for (uint64_t block = 0; block < blocks; ++block) {
      const uint64_t at = number * ContentLeaf::kBytes + block * kBlockBytes;
      each_difference(pieces_of(ours, block), pieces_of(old, block),
                      [&](uint64_t begin, uint64_t end) { add(at + begin, at + end); });
    }
  }
  add(UINT64_MAX, UINT64_MAX);
}

}  // namespace crashwright::harness
