// What an address of a dead process is, in words.
//
// Threads: one owner. Signal context: no. Errors: an address that nothing is known of is called unmapped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rca/artefacts.h"

namespace crashwright::rca {

// "8 bytes into a free heap block of 64 bytes at 0x...", "the guard page below the stack of thread 17 trading", "not
// canonical: no pointer can have it".
[[nodiscard]] std::string describe_address(const Artefacts& artefacts, uint64_t address);

// Lines of a hex dump around the address, as far as the core knows the bytes.
[[nodiscard]] std::vector<std::string> memory_around(const CoreFile& core, uint64_t address);

// The upper half of the address space is the kernel's; between both halves nothing can be.
[[nodiscard]] bool is_canonical(uint64_t address) noexcept;

}  // namespace crashwright::rca
