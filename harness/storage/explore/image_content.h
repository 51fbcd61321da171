// The content of one file as pieces of the record: cheap to copy, to compare and to hash, whatever the file's size.
//
// Bytes are never copied here; pieces point into the storage record, which must live longer. What no piece covers is
// zero. hash() depends on the bytes and the size alone, not on how they were written.
// Threads: one owner; const functions except hash() from any thread. Errors: none. Units: bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

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
  struct Piece {
    uint64_t begin;
    uint64_t end;
    const std::byte* data;  // of `begin`
  };

  struct BlockHash {
    uint64_t block;
    uint64_t hash;
  };

  void cut_out(uint64_t begin, uint64_t end);
  void mark(uint64_t begin, uint64_t end);

  std::vector<Piece> pieces_;  // in order, apart
  uint64_t size_ = 0;
  std::vector<BlockHash> block_hashes_;  // in order; a block that is missing is zero
  std::vector<uint64_t> stale_blocks_;
  uint64_t hash_sum_ = 0;
};

// 64-bit mixing hash of bytes; not for protection against malice.
[[nodiscard]] uint64_t hash_bytes(std::span<const std::byte> bytes, uint64_t seed) noexcept;
[[nodiscard]] uint64_t mix(uint64_t a, uint64_t b) noexcept;

}  // namespace crashwright::harness
