// CRC32C (Castagnoli, RFC 3720 appendix B.4), and FNV-1a for stable keys.
//
// Threads: any. Signal context: yes (no allocation, no state).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace crashwright {

// CRC32C over `size` bytes, continuing from `seed` (the CRC of what came before, 0 at the start).
[[nodiscard]] uint32_t crc32c(const void* data, size_t size, uint32_t seed = 0) noexcept;

// 64-bit FNV-1a: a key for tables and signatures, not a protection against damage.
[[nodiscard]] constexpr uint64_t fnv1a(std::string_view text) noexcept {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 0x100000001b3U;
  }
  return hash;
}

}  // namespace crashwright
