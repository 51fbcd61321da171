// The mappings of a process as /proc/PID/smaps tells them: what a core must hold and what it may leave out.
//
// Threads: any. Errors: kIo when the process is gone or not ours to look at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace crashwright::harness {

struct Mapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool shared = false;
  uint64_t file_offset = 0;  // bytes
  uint64_t inode = 0;        // 0: no file behind it
  std::string path;          // as in smaps: a file, "[stack]", or empty
  uint64_t resident_bytes = 0;
  uint64_t anonymous_bytes = 0;  // private pages, those of a written private file mapping included
  uint64_t swap_bytes = 0;
  bool do_not_dump = false;  // MADV_DONTDUMP (a sanitizer's shadow, terabytes wide), or a device

  // Shared memory without a file that has a name: memfd, MAP_ANONYMOUS, a file that was deleted.
  [[nodiscard]] bool nameless() const;
  // Pages of it that were never touched are zero.
  [[nodiscard]] bool zero_until_touched() const { return inode == 0 && !shared && path != "[vdso]"; }

  [[nodiscard]] uint64_t size() const { return end - begin; }
};

[[nodiscard]] Result<std::vector<Mapping>> read_memory_map(int32_t pid);
[[nodiscard]] std::vector<Mapping> parse_memory_map(std::string_view smaps);

// Whether a core holds the mapping's bytes, following the kernel's default filter (core(5)): private memory whether a
// file is behind it or not, as soon as it differs from the file; nothing that can be read from a file again. The
// self-written core chooses the same (postmortem/core_self_maps.h).
[[nodiscard]] bool belongs_in_core(const Mapping& mapping);

}  // namespace crashwright::harness
