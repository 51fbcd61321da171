// The loaded modules, collected in normal context and read by the crash handler: what the record says about them, where
// their code is, and where the tables lie by which their frames are unwound.
//
// Threads: collect_modules() from one thread at a time; a reader sees the old list or the new one.
// Signal context: all but collect_modules() (it takes the loader's lock).
#pragma once

#include <cstdint>
#include <span>

#include "postmortem/crash_record_format.h"

namespace crashwright::postmortem {

inline constexpr size_t kModulesMax = 128;

// A section as it goes into the record, put together when the modules are collected.
struct ModuleSection {
  crash_format::SectionHeader header;
  crash_format::Module module;
};
static_assert(sizeof(ModuleSection) % crash_format::kAlignment == 0, "sections follow each other without padding");

struct CodeRange {
  uint64_t begin;  // of what is executable
  uint64_t end;
  uint64_t unwind_index;        // .eh_frame_hdr in memory, 0: the module has none
  uint64_t unwind_index_bytes;  // its size
  uint64_t mapped_end;          // no table reaches beyond
};

// How often the list was collected: what was found by an older list may be wrong.
[[nodiscard]] uint32_t modules_generation() noexcept;

// After set_descriptor(): the sections carry the number of the process.
void collect_modules();

// The executable first.
[[nodiscard]] std::span<const ModuleSection> modules() noexcept;

// Index of the module that holds `address` in executable memory, or -1.
[[nodiscard]] int find_code_module(uint64_t address) noexcept;

// `index` as find_code_module() gave it.
[[nodiscard]] const CodeRange& code_range(int index) noexcept;

}  // namespace crashwright::postmortem
