// The blocks of glibc's malloc in a core, found without symbols.
//
// A heap is recognised by its first block, the table of the thread's cached free blocks; from there each block's header
// leads to the next. A block counts as free when it hangs in such a table, or when the block behind it says so.
// Layout:  struct malloc_chunk and tcache_perthread_struct of glibc 2.32 and later on x86-64.
// Threads: one owner. Signal context: no. Errors: a heap whose headers are damaged ends there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rca/core_file.h"

namespace crashwright::rca {

struct HeapBlock {
  uint64_t begin = 0;  // what malloc() returned
  uint64_t size = 0;   // usable bytes
  bool is_free = false;
};

class HeapMap {
 public:
  explicit HeapMap(const CoreFile& core);

  // The block that holds `address`.
  [[nodiscard]] std::optional<HeapBlock> block_at(uint64_t address) const;
  // The free block into whose first two words the allocator wrote, for its own use, `value` or a little less.
  [[nodiscard]] std::optional<HeapBlock> free_block_holding(uint64_t value) const;
  [[nodiscard]] bool is_heap(uint64_t address) const;

 private:
  struct Heap {
    uint64_t first = 0;  // header of its first block
    uint64_t end = 0;
  };

  void find_heap(const CoreSegment& segment);
  void take_cached_blocks(uint64_t table);
  [[nodiscard]] std::optional<uint64_t> size_of(uint64_t header) const;

  const CoreFile& core_;
  std::vector<Heap> heaps_;
  std::vector<HeapBlock> cached_;  // free, in the threads' tables
};

}  // namespace crashwright::rca
