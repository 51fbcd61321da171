// Copies memory of another process into its core: large reads, no page that was never touched, no block of zeros.
//
// The pages that exist are taken from /proc/PID/pagemap, their contents by process_vm_readv, and where that is refused
// (no permission to read the mapping, a filter on the call) through /proc/PID/mem.
// Threads: one owner. Errors: kIo when the core takes no more; memory that cannot be read stays a hole, not an error.
// Units: bytes; addresses are those of the other process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::harness {

class CoreMemory {
 public:
  // `core_fd` stays the caller's.
  [[nodiscard]] static Result<CoreMemory> open(int32_t pid, int core_fd);

  // Copies `size` bytes at `address` to `offset` of the core. `zero_until_touched`: what has no page is zero.
  [[nodiscard]] Status copy(uint64_t address, uint64_t size, uint64_t offset, bool zero_until_touched);
  // As many of the bytes as can be read, up to the first that cannot.
  size_t read(uint64_t address, void* to, size_t size) const;

 private:
  CoreMemory(int32_t pid, UniqueFd memory, UniqueFd page_map, int core_fd);
  [[nodiscard]] Status copy_all(uint64_t address, uint64_t size, uint64_t offset);
  [[nodiscard]] Status write_touched(const char* bytes, size_t size, uint64_t offset) const;

  int32_t pid_;
  UniqueFd memory_;
  UniqueFd page_map_;
  int core_fd_;
  std::string buffer_;
  std::vector<uint64_t> pages_;
};

}  // namespace crashwright::harness
