// The loaded modules, collected in normal context and read by the crash handler.
//
// Threads: collect_modules() from one thread at a time; a reader sees the old list or the new one.
// Signal context: modules() and find_code_module() yes; collect_modules() no (it takes the loader's lock).
#pragma once

#include <cstdint>
#include <span>

#include "postmortem/crash_record_format.h"

namespace crashwright::postmortem {

inline constexpr size_t kModulesMax = 128;

void collect_modules();

// The executable first.
[[nodiscard]] std::span<const crash_format::Module> modules() noexcept;

// Index of the module that holds `address` in executable memory, or -1.
[[nodiscard]] int find_code_module(uint64_t address) noexcept;

}  // namespace crashwright::postmortem
