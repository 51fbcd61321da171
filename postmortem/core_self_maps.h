// The mappings of this process, read from /proc/self/smaps by a process that is dying: what its own core must hold.
//
// Threads: one at a time. Signal context: yes. Errors: a line that makes no sense ends nothing; more mappings than the
// tables hold are left out and counted.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>

namespace crashwright::postmortem::core_self {

// Above the kernel's default limit of mappings (vm.max_map_count, 65,530).
inline constexpr size_t kMappingsMax = 65'533;
inline constexpr size_t kNamesBytesMax = 6 << 20;
inline constexpr size_t kTextBytes = 64 << 10;

struct FileRange {
  uint64_t begin;
  uint64_t end;
  uint64_t offset_pages;
};

// Memory for it all, mapped before the crash and touched only in it.
struct Scratch {
  size_t mapping_count;
  size_t mappings_left_out;
  size_t file_count;
  size_t names_bytes;
  uint64_t page_map[8192];
  char text[kTextBytes];
  Elf64_Phdr segments[kMappingsMax + 1];  // [0] is for the notes
  bool anonymous[kMappingsMax + 1];       // untouched pages of it are zero
  FileRange files[kMappingsMax];
  char names[kNamesBytesMax];
};

// Fills mapping_count, file_count, names and segments[1..] except for their p_offset. False when `smaps_fd` gives
// nothing.
[[nodiscard]] bool read_own_maps(int smaps_fd, Scratch& scratch) noexcept;

}  // namespace crashwright::postmortem::core_self
