#include "harness/storage/storage_record.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string_view>

#include "base/check.h"
#include "base/unique_fd.h"
#include "harness/storage/operation_list.h"

namespace crashwright::harness {
namespace {

// Reserves address space for all that the file may ever become: growing needs no new mapping, and views stay valid.
const std::byte* map_for_growth(int fd, uint64_t bytes_max) {
  void* const at = ::mmap(nullptr, bytes_max, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
  return at == MAP_FAILED ? nullptr : static_cast<const std::byte*>(at);
}

const RecordHeader& header_at(const std::byte* index) { return *reinterpret_cast<const RecordHeader*>(index); }

const RecordEntry& entry_at(const std::byte* index, uint64_t number) {
  return *reinterpret_cast<const RecordEntry*>(index + sizeof(RecordHeader) + number * sizeof(RecordEntry));
}

Status check_header(const std::byte* index) {
  const RecordHeader& header = header_at(index);
  if (header.magic != kStorageRecordMagic) return fail(ErrorKind::kCorrupt, "not a storage record: wrong magic");
  if (header.version != kStorageRecordVersion || header.entry_bytes != sizeof(RecordEntry)) {
    return fail(ErrorKind::kCorrupt, "storage record of version " + std::to_string(header.version) + ", this is " +
                                         std::to_string(kStorageRecordVersion));
  }
  return {};
}

// Only the `count` entries that are complete are looked at, with sizes that the files had after that: an entry outside
// of its file would otherwise end in SIGBUS.
Status check_bounds(const std::byte* index, uint64_t count, uint64_t index_bytes, uint64_t data_bytes) {
  if (count > (index_bytes - sizeof(RecordHeader)) / sizeof(RecordEntry)) {
    return fail(ErrorKind::kCorrupt, "storage record: the index is shorter than it says");
  }
  // An entry is counted before the next one is begun: whoever sees that one (load_kind()) sees a count of one more.
  const uint64_t room = (index_bytes - sizeof(RecordHeader)) / sizeof(RecordEntry);
  if (room > count + 1 && load_kind(entry_at(index, count + 1)) != 0 &&
      header_at(index).count.load(std::memory_order_acquire) == count) {
    return fail(ErrorKind::kCorrupt,
                "storage record: there are more entries than the " + std::to_string(count) + " that it counts");
  }
  for (uint64_t i = 0; i < count; ++i) {
    const RecordEntry& entry = entry_at(index, i);
    note_record_read(&entry, sizeof entry);
    const uint64_t bytes = entry.data_bytes + entry.name_bytes + entry.new_name_bytes;
    const auto kind = static_cast<OperationKind>(entry.kind);
    if (std::string_view(operation_name(kind)) == "unknown" ||
        (kind == OperationKind::kWrite && entry.size != entry.data_bytes)) {
      return fail(ErrorKind::kCorrupt, "storage record: entry " + std::to_string(i) + " is none that a writer makes");
    }
    if (entry.data_bytes > data_bytes || bytes > data_bytes || entry.data_at > data_bytes - bytes) {
      return fail(ErrorKind::kCorrupt, "storage record: entry " + std::to_string(i) + " points outside of the data");
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<StorageRecord>> StorageRecord::open(const std::string& folder) {
  const UniqueFd index(::open(record_index_path(folder).c_str(), O_RDONLY | O_CLOEXEC));
  if (!index) return fail_errno(errno, "open " + record_index_path(folder));
  const UniqueFd data(::open(record_data_path(folder).c_str(), O_RDONLY | O_CLOEXEC));
  if (!data) return fail_errno(errno, "open " + record_data_path(folder));
  return attach(index.get(), data.get());
}

Result<std::unique_ptr<StorageRecord>> StorageRecord::attach(int index_fd, int data_fd) {
  struct stat index_info {};
  struct stat data_info {};
  if (::fstat(index_fd, &index_info) != 0) return fail_errno(errno, "stat the storage record");
  if (static_cast<uint64_t>(index_info.st_size) < sizeof(RecordHeader)) {
    return fail(ErrorKind::kCorrupt, "storage record: too short for a header");
  }
  const std::byte* const index = map_for_growth(index_fd, kStorageIndexBytesMax);
  const std::byte* const data = map_for_growth(data_fd, kStorageDataBytesMax);
  if (index == nullptr || data == nullptr) return fail_errno(errno, "map the storage record");
  std::unique_ptr<StorageRecord> record(new StorageRecord(index, data));
  if (auto known = check_header(index); !known) return tl::unexpected(known.error());
  // Sizes are read after the count: what is complete then has its place and its bytes.
  const uint64_t count = record->size();
  if (::fstat(index_fd, &index_info) != 0 || ::fstat(data_fd, &data_info) != 0) {
    return fail_errno(errno, "stat the storage record");
  }
  auto whole =
      check_bounds(index, count, static_cast<uint64_t>(index_info.st_size), static_cast<uint64_t>(data_info.st_size));
  if (!whole) return tl::unexpected(whole.error());
  return record;
}

StorageRecord::StorageRecord(const std::byte* index, const std::byte* data) : index_(index), data_(data) {
  record_pages::add(*this);
}

StorageRecord::~StorageRecord() {
  record_pages::remove(*this);
  ::munmap(const_cast<std::byte*>(index_), kStorageIndexBytesMax);
  ::munmap(const_cast<std::byte*>(data_), kStorageDataBytesMax);
}

uint64_t StorageRecord::size() const { return header_at(index_).count.load(std::memory_order_acquire); }

OperationList StorageRecord::first(uint64_t count) const {
  CRASHWRIGHT_CHECK(count <= size(), "an operation is read only after it was recorded");
  return {*this, count};
}

void StorageRecord::release_pages() const {
  const uint64_t count = size();
  if (count == 0) return;
  const RecordEntry& last = entry_at(index_, count - 1);
  const uint64_t bytes = last.data_at + last.data_bytes + count * sizeof(RecordEntry);
  if (bytes <= kRecordBytesResidentMax) return;
  ::madvise(const_cast<std::byte*>(data_), kStorageDataBytesMax, MADV_DONTNEED);
  ::madvise(const_cast<std::byte*>(index_), kStorageIndexBytesMax, MADV_DONTNEED);
}

}  // namespace crashwright::harness
