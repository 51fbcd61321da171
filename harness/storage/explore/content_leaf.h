// Half a mebibyte of a file's content (image_content.h): of each block of 4 KiB the pieces of memory that it is made
// of, and its hash.
//
// A piece is one word: where its bytes are, and where in the block it begins; it ends where the next one begins. A
// block has its only piece here, or the number of a list of them. Pieces that go on where the one before ends are one.
// Threads: one owner. Errors: none. Units: bytes, and blocks of the leaf where they are named.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace crashwright::harness {

class ContentLeaf {
 public:
  static constexpr uint64_t kBlockBytes = 4'096;
  static constexpr uint64_t kBlocks = 128;
  static constexpr uint64_t kBytes = kBlocks * kBlockBytes;

  // Addresses have 48 bits, offsets in a block 12.
  class Piece {
   public:
    Piece(const std::byte* data, uint64_t begin) : word_(reinterpret_cast<uintptr_t>(data) << 12 | begin) {}
    [[nodiscard]] uint64_t begin() const { return word_ & 0xfff; }
    [[nodiscard]] const std::byte* data() const {
      return reinterpret_cast<const std::byte*>(word_ >> 12);
    }  // null: zeros
    [[nodiscard]] const std::byte* data_at(uint64_t offset) const {
      return data() == nullptr ? nullptr : data() + (offset - begin());
    }
    bool operator==(const Piece&) const = default;

   private:
    friend class ContentLeaf;
    explicit Piece(uint64_t word) : word_(word) {}
    uint64_t word_;
  };
  static_assert(sizeof(Piece) == sizeof(uint64_t));

  // Bytes [begin, end) of a block are those at `data`, or zeros where that is null.
  void put(uint64_t block, uint64_t begin, uint64_t end, const std::byte* data);
  // In order, the first at 0; empty: all zeros.
  [[nodiscard]] std::span<const Piece> pieces(uint64_t block) const;
  [[nodiscard]] uint64_t blocks() const { return pieces_.size(); }  // no block from here on was written to

  // Hashes that are kept here for its owner.
  [[nodiscard]] bool is_stale() const { return stale_.any(); }
  [[nodiscard]] bool is_stale(uint64_t block) const { return stale_[block]; }
  [[nodiscard]] uint64_t hash(uint64_t block) const { return hashes_[block]; }
  void set_hash(uint64_t block, uint64_t hash) {
    hashes_[block] = hash;
    stale_[block] = false;
  }
  // No more memory than what it holds needs.
  void trim();

 private:
  static constexpr uint64_t kList = uint64_t{1} << 63;  // the rest is where in lists_ it begins: its length

  void store(uint64_t block, const std::vector<Piece>& pieces);
  void drop_garbage();

  std::vector<Piece> pieces_;     // of each block, or kList
  std::vector<Piece> lists_;      // the length of each, as a word, and its pieces
  std::vector<uint64_t> hashes_;  // of each block
  std::bitset<kBlocks> stale_;
  size_t garbage_ = 0;  // words of lists_
};

}  // namespace crashwright::harness
