// The bytes of a storage record on disk: storage_record_format.md.
//
// Threads: plain data; `count`, and the kind of an entry that is not counted yet, are all that another process may read
//          while they change.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace crashwright::harness {

inline constexpr uint64_t kStorageRecordMagic = 0x3130434552545743U;  // "CWTREC01"
inline constexpr uint32_t kStorageRecordVersion = 2;
inline constexpr uint64_t kStorageIndexBytesMax = uint64_t{16} << 30;
inline constexpr uint64_t kStorageDataBytesMax = uint64_t{256} << 30;

struct RecordEntry {
  uint8_t kind;
  uint8_t flags;
  uint16_t name_bytes;
  uint16_t new_name_bytes;
  uint16_t place;  // number of the caller's place, 0: unknown
  uint32_t node;
  uint32_t parent;
  uint32_t new_parent;
  uint32_t replaced;
  int32_t pid;
  int32_t tid;
  uint64_t time_ns;
  uint64_t offset;
  uint64_t size;
  uint64_t data_bytes;
  uint64_t data_at;  // in the data file: the data, then the name, then the new name
};
static_assert(sizeof(RecordEntry) == 72);

// The kind of an entry is stored with release order after the entries before it were counted: who sees one that is not
// 0 also sees a count that takes in all of those, and looks at the rest of the entry only once it is counted, too.
inline void store_kind(RecordEntry& entry, uint8_t kind) noexcept {
  std::atomic_ref<uint8_t>(entry.kind).store(kind, std::memory_order_release);
}
[[nodiscard]] inline uint8_t load_kind(const RecordEntry& entry) noexcept {
  return std::atomic_ref<uint8_t>(const_cast<uint8_t&>(entry.kind)).load(std::memory_order_acquire);
}

struct RecordHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t entry_bytes;
  std::atomic<uint64_t> count;  // entries that are complete
  std::byte padding[48];
};
static_assert(sizeof(RecordHeader) == 72);

// Of one place in the places file; its stack's bytes and its process's mappings follow.
struct PlaceHeader {
  uint32_t number;
  uint32_t stack_bytes;
  uint32_t mappings_bytes;
  uint32_t reserved;
  uint64_t pc;
  uint64_t stack_pointer;
};
static_assert(sizeof(PlaceHeader) == 32);

[[nodiscard]] inline std::string record_index_path(const std::string& folder) { return folder + "/operations.bin"; }
[[nodiscard]] inline std::string record_data_path(const std::string& folder) { return folder + "/data.bin"; }
[[nodiscard]] inline std::string record_places_path(const std::string& folder) { return folder + "/places.bin"; }

}  // namespace crashwright::harness
