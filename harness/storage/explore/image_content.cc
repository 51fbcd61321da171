#include "harness/storage/explore/image_content.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "harness/storage/storage_record.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kBlockBytes = 4096;
constexpr uint64_t kOdd = 0x9e3779b97f4a7c15U;

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
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

void ImageContent::cut_out(uint64_t begin, uint64_t end) {
  auto at =
      std::partition_point(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.end <= begin; });
  if (at != pieces_.end() && at->begin < begin && at->end > end) {  // the range lies inside of one piece
    const Piece behind{end, at->end, at->data + (end - at->begin)};
    at->end = begin;
    pieces_.insert(at + 1, behind);
    return;
  }
  if (at != pieces_.end() && at->begin < begin) {
    at->end = begin;
    ++at;
  }
  auto last = at;
  while (last != pieces_.end() && last->end <= end) ++last;
  if (last != pieces_.end() && last->begin < end) {
    last->data += end - last->begin;
    last->begin = end;
  }
  pieces_.erase(at, last);
}

void ImageContent::mark(uint64_t begin, uint64_t end) {
  if (end <= begin) return;
  const uint64_t first = begin / kBlockBytes;
  const uint64_t last = (end - 1) / kBlockBytes;
  const auto add = [&](uint64_t block) {
    if (stale_blocks_.empty() || stale_blocks_.back() != block) stale_blocks_.push_back(block);
  };
  add(first);
  if (last - first <= block_hashes_.size()) {
    for (uint64_t block = first + 1; block <= last; ++block) add(block);
    return;
  }
  // Of a hole that is larger than all that was ever hashed only the blocks that were.
  auto known = std::ranges::lower_bound(block_hashes_, first, {}, &BlockHash::block);
  for (; known != block_hashes_.end() && known->block < last; ++known) add(known->block);
  add(last);
}

void ImageContent::write(uint64_t offset, std::span<const std::byte> data) {
  if (data.empty()) return;
  const uint64_t end = offset + data.size();
  cut_out(offset, end);
  const auto at =
      std::partition_point(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.end <= offset; });
  const auto before = at == pieces_.begin() ? pieces_.end() : std::prev(at);
  // Bytes that were appended one after the other stand so in the record, too.
  const bool goes_on =
      before != pieces_.end() && before->end == offset && before->data + (before->end - before->begin) == data.data();
  if (goes_on) {
    before->end = end;
  } else {
    pieces_.insert(at, Piece{offset, end, data.data()});
  }
  size_ = std::max(size_, end);
  mark(offset, end);
}

void ImageContent::zero(uint64_t offset, uint64_t bytes) {
  const uint64_t end = std::min(size_, offset + bytes);
  if (offset >= end) return;
  cut_out(offset, end);
  mark(offset, end);
}

void ImageContent::resize(uint64_t size) {
  if (size < size_) {
    cut_out(size, size_);
    mark(size, size_);
  }
  size_ = size;
}

uint64_t ImageContent::hash() {
  std::sort(stale_blocks_.begin(), stale_blocks_.end());
  stale_blocks_.erase(std::unique(stale_blocks_.begin(), stale_blocks_.end()), stale_blocks_.end());
  const auto known = static_cast<std::ptrdiff_t>(block_hashes_.size());
  std::array<std::byte, kBlockBytes> bytes;
  for (const uint64_t block : stale_blocks_) {
    read(block * kBlockBytes, bytes);
    const uint64_t now = is_zero(bytes) ? 0 : mix(hash_bytes(bytes, 0), block);
    const auto end = block_hashes_.begin() + known;
    const auto at = std::lower_bound(block_hashes_.begin(), end, block,
                                     [](const BlockHash& entry, uint64_t wanted) { return entry.block < wanted; });
    if (at != end && at->block == block) {
      hash_sum_ += now - at->hash;
      at->hash = now;
    } else if (now != 0) {
      hash_sum_ += now;
      block_hashes_.push_back({block, now});
    }
  }
  std::ranges::inplace_merge(block_hashes_, block_hashes_.begin() + known, {}, &BlockHash::block);
  stale_blocks_.clear();
  return mix(hash_sum_, size_);
}

void ImageContent::read(uint64_t offset, std::span<std::byte> out) const {
  const uint64_t end = offset + out.size();
  std::memset(out.data(), 0, out.size());
  auto at =
      std::partition_point(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.end <= offset; });
  for (; at != pieces_.end() && at->begin < end; ++at) {
    const uint64_t from = std::max(at->begin, offset);
    const uint64_t to = std::min(at->end, end);
    std::memcpy(out.data() + (from - offset), at->data + (from - at->begin), to - from);
    note_record_read(at->data + (from - at->begin), to - from);
  }
}

std::string ImageContent::text() const {
  std::string all(size_, '\0');
  read(0, std::as_writable_bytes(std::span(all)));
  return all;
}

void ImageContent::differing(const ImageContent& other, const std::function<void(uint64_t, uint64_t)>& differs) const {
  uint64_t at = 0;
  size_t ours = 0;
  size_t theirs = 0;
  while (at < size_) {
    while (ours < pieces_.size() && pieces_[ours].end <= at) ++ours;
    while (theirs < other.pieces_.size() && other.pieces_[theirs].end <= at) ++theirs;
    const Piece* const mine = ours < pieces_.size() ? &pieces_[ours] : nullptr;
    const Piece* const old = theirs < other.pieces_.size() ? &other.pieces_[theirs] : nullptr;
    uint64_t end = size_;
    for (const Piece* const piece : {mine, old}) {
      if (piece != nullptr) end = std::min(end, piece->begin > at ? piece->begin : piece->end);
    }
    const std::byte* const here = mine != nullptr && mine->begin <= at ? mine->data + (at - mine->begin) : nullptr;
    const std::byte* const there = old != nullptr && old->begin <= at ? old->data + (at - old->begin) : nullptr;
    if (here != there) differs(at, end);
    at = end;
  }
}

}  // namespace crashwright::harness
