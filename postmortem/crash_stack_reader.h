// Reads the memory of a dying process without faulting: through the kernel where that is allowed (process_vm_readv on
// the own process), otherwise directly, page by page, each tried before (a seccomp filter may deny the former).
//
// Threads: one at a time. Signal context: yes. Errors: false, where the memory cannot be read.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashwright::postmortem {

// Copies up to `size` bytes (64 KiB at most) from `address`, as far as memory is readable without a gap; returns how
// many.
size_t read_memory(uint64_t address, void* to, size_t size) noexcept;

// Words of a stack, through a window that moves along. Too large for a stack: make it static.
class StackReader {
 public:
  // The word at `address`; false when it cannot be read.
  bool word(uint64_t address, uint64_t& value) noexcept;
  // Forgets what was read: the memory may have changed.
  void reset() noexcept { begin_ = end_ = 0; }

 private:
  static constexpr size_t kWindowBytes = 16'384;

  bool load(uint64_t address) noexcept;

  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  uint8_t window_[kWindowBytes];
};

}  // namespace crashwright::postmortem
