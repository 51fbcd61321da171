// The content of one file as pieces of the record: cheap to copy, to compare and to hash, whatever the file's size and
// however many writes it was made of.
//
// Bytes are never copied here; pieces point into the storage record, which must live longer. What no piece covers is
// zero. hash() depends on the bytes and the size alone, not on how they were written. Copies share what is equal: a
// copy costs by the size of the file over half a mebibyte, a change what it changes.
// Threads: one owner of a content and all its copies; const functions except hash() from any while nobody changes one.
// Errors: none. Units: bytes. Memory: 16 bytes for each block of 4 KiB that was written to, and 8 for each piece of a
// block that has several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/storage/explore/content_leaf.h"

namespace crashwright::harness {

class ImageContent {
 public:
  [[nodiscard]] uint64_t size() const { return size_; }

  void write(uint64_t offset, std::span<const std::byte> data);
  void zero(uint64_t offset, uint64_t bytes);  // within the size
  void resize(uint64_t size);
  // Of the bytes; remembers what it found, so that the next call looks at changed blocks only.
  [[nodiscard]] uint64_t hash();

  // Fills `out` with the bytes at `offset`; zeros behind the end.
  void read(uint64_t offset, std::span<std::byte> out) const;
  [[nodiscard]] std::string text() const;

  // Calls `differs(begin, end)` for ranges, clipped to this size, whose pieces are not those of `other`; ranges may be
  // larger than what really differs, never smaller.
  void differing(const ImageContent& other, const std::function<void(uint64_t begin, uint64_t end)>& differs) const;

 private:
  struct Place {
    uint64_t number;  // of the leaf, from the beginning of the file
    std::shared_ptr<ContentLeaf> leaf;
  };

  [[nodiscard]] std::vector<Place>::iterator find(uint64_t number);
  ContentLeaf& own(Place& place);
  ContentLeaf& leaf_for_change(uint64_t number);
  void clear(uint64_t begin, uint64_t end);

  std::vector<Place> leaves_;  // in order; where none is, all is zero
  uint64_t size_ = 0;
  std::vector<uint64_t> stale_;  // numbers of leaves with blocks that are to be hashed, some more than once
  uint64_t hash_sum_ = 0;
};

// 64-bit mixing hash of bytes; not for protection against malice.
[[nodiscard]] uint64_t hash_bytes(std::span<const std::byte> bytes, uint64_t seed) noexcept;
[[nodiscard]] uint64_t mix(uint64_t a, uint64_t b) noexcept;

}  // namespace crashwright::harness
