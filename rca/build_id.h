// GNU build ids, of files and of what was mapped from them.
//
// Threads: any. Signal context: no. Errors: empty for what has no build id or cannot be read.
// Source:  elf(5), NT_GNU_BUILD_ID.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rca/core_file.h"

namespace crashwright::rca {

// Hex. `base` is where the first byte of the file is mapped.
[[nodiscard]] std::string build_id_in_core(const CoreFile& core, uint64_t base);
[[nodiscard]] std::string build_id_of_file(const std::string& path);

// Address in memory minus address in the file, of the module whose file begins at `base`; nothing where the core does
// not have its first page.
[[nodiscard]] std::optional<uint64_t> load_bias_in_core(const CoreFile& core, uint64_t base);

}  // namespace crashwright::rca
