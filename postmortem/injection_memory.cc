#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {

// Of a size that the program hardly uses, so that the object is alone in the allocator's cache of free blocks. Not in
// the unnamed namespace: the call below must go through the table of virtual functions.
struct FillListener {
  virtual ~FillListener() = default;
  virtual void on_fill(uint32_t quantity) { filled += quantity; }
  uint64_t filled = 0;
  char history[920] = {};
};

namespace {

struct Order {
  uint64_t user_ref;
  int64_t price_ticks;
  uint32_t quantity;
};

constexpr size_t kBlockBytes = 40'000;
constexpr int kBlocksMax = 256;
constexpr size_t kOverflowBytes = 64;
constexpr uintptr_t kPageBytes = 4096;
constexpr size_t kFrameBytes = 512;

CRASHWRIGHT_HIDDEN_FROM_UBSAN void write_past_the_end(char* block, size_t size) {
  for (size_t i = 0; i < size; ++i) opaque(block)[i] = 'A';
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN uint64_t recurse_without_end(uint64_t depth) {
  if (depth == UINT64_MAX) return 0;
  volatile char frame[kFrameBytes];
  frame[depth % kFrameBytes] = static_cast<char>(depth);
  const uint64_t below = recurse_without_end(opaque(depth + 1));
  return below + static_cast<uint64_t>(frame[depth % kFrameBytes]);
}

// Does the overflow stay within pages that are there? The heap of a thread grows by pages, and behind them is nothing.
bool overflow_stays_on_its_page(const char* block) {
  const auto last = reinterpret_cast<uintptr_t>(block) + ::malloc_usable_size(const_cast<char*>(block)) - 1;
  return last / kPageBytes == (last + kOverflowBytes) / kPageBytes;
}

// A block with the unused rest of the heap (its "top") behind it. Blocks that follow each other come from there.
char* block_below_the_top() {
  char* block = static_cast<char*>(std::malloc(kBlockBytes));
  for (int i = 0; i < kBlocksMax; ++i) {
    char* const next = static_cast<char*>(std::malloc(kBlockBytes));
    const bool adjacent = next == block + ::malloc_usable_size(block) + sizeof(size_t);
    block = next;
    if (adjacent && overflow_stays_on_its_page(block)) break;
  }
  return block;
}

}  // namespace

CRASHWRIGHT_HIDDEN_FROM_UBSAN void null_dereference() {
  Order* const order = opaque(static_cast<Order*>(nullptr));
  static_cast<volatile Order*>(order)->quantity = 100;
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void use_after_free() {
  // Empties the allocator's cache of this size, so that the freed object's link is not mixed with another block's.
  for (int i = 0; i < 8; ++i) opaque(new FillListener);
  auto* const owner = new FillListener;
  FillListener* const listener = opaque(owner);
  delete owner;
  listener->on_fill(100);
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void double_free() {
  void* const block = std::malloc(48);
  void* const same_block = opaque(block);
  std::free(block);
  std::free(same_block);
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void heap_overflow() {
  char* const block = opaque(block_below_the_top());
  write_past_the_end(block, ::malloc_usable_size(block) + kOverflowBytes);
  for (;;) opaque(std::malloc(kBlockBytes));
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void stack_exhaustion() { opaque(recurse_without_end(opaque(uint64_t{0}))); }

}  // namespace crashwright::postmortem::injection
