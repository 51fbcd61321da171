// The stored form of the state store: a file block that never changes, and two slots (state_store_format.md).
//
// Threads: values and pure functions. Signal context: no (strings). Errors: a reason, empty when all is well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace crashwright::postmortem {

inline constexpr uint64_t kStateFileMagic = 0x3130464154535743U;  // "CWSTAF01" as stored
inline constexpr uint64_t kStateSlotMagic = 0x3130534154535743U;  // "CWSTAS01" as stored
inline constexpr uint32_t kStateVersion = 2;
inline constexpr uint64_t kStateFileBlockBytes = 4096;  // the first slot starts here
inline constexpr uint64_t kStateSlotBytesMax = uint64_t{1} << 32;
inline constexpr uint32_t kStateSlots = 2;

// Magic, version, crc and salt keep their offsets in every later version.
struct StateFileHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t crc;         // CRC32C of this header with the field as zero, seeded by the salt
  uint64_t salt;        // random, one per file, never zero
  uint64_t slot_bytes;  // capacity of a slot, its header included
};
static_assert(sizeof(StateFileHeader) == 32);

struct StateSlotHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t crc;  // CRC32C of header (this field as zero) and payload, seeded by the file's salt
  uint64_t salt;
  uint64_t sequence;       // audit sequence up to which the payload is the fold
  uint64_t payload_bytes;  // follow the header
  uint64_t generation;     // counts the writes of this store, from 1
  uint64_t state_hash;     // of the audit record at that sequence; 0: not known
  uint32_t log_id;         // of the audit log; 0: not known
  uint32_t reserved;       // zero
};
static_assert(sizeof(StateSlotHeader) == 64);

[[nodiscard]] uint32_t state_file_checksum(const StateFileHeader& header) noexcept;
[[nodiscard]] uint32_t state_slot_checksum(const StateSlotHeader& header, std::span<const std::byte> payload) noexcept;

// Why the header cannot be used; `slot` is all the bytes the file has of the slot, header first.
[[nodiscard]] std::string check_state_file(const StateFileHeader& header);
[[nodiscard]] std::string check_state_slot(const StateSlotHeader& header, std::span<const std::byte> slot,
                                           const StateFileHeader& file);

[[nodiscard]] constexpr uint64_t state_slot_offset(uint32_t slot, uint64_t slot_bytes) noexcept {
  return kStateFileBlockBytes + slot * slot_bytes;
}

}  // namespace crashwright::postmortem
