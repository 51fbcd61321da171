#include "harness/storage/storage_record.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>
#include <string_view>

#include "base/check.h"
#include "base/unique_fd.h"
#include "harness/storage/record_layout.h"

namespace crashwright::harness {
namespace {

// Reserves address space for all that the file may ever become: growing needs no new mapping, and views stay valid.
const std::byte* map_for_growth(int fd, uint64_t bytes_max) {
  void* const at = ::mmap(nullptr, bytes_max, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
  return at == MAP_FAILED ? nullptr : static_cast<const std::byte*>(at);
}

constexpr uint64_t kResidentBytesMax = uint64_t{32} << 20;
// What the kernel may map for reading a single byte: a folio as large as the write that made it was, at most 2 MiB.
constexpr uint64_t kFaultBytes = uint64_t{2} << 20;

// The records that are mapped in this process.
struct OpenRecords {
  std::mutex lock;
  std::set<const StorageRecord*> records;
  std::atomic<uint64_t> bytes_read{0};
};

OpenRecords& open_records() {
  static OpenRecords all;
  return all;
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

// Only what is complete is looked at; an entry outside of its file would otherwise end in SIGBUS.
Status check_bounds(const std::byte* index, uint64_t index_bytes, uint64_t data_bytes) {
  const uint64_t count = header_at(index).count.load(std::memory_order_acquire);
  if (count > (index_bytes - sizeof(RecordHeader)) / sizeof(RecordEntry)) {
    return fail(ErrorKind::kCorrupt, "storage record: the index is shorter than it says");
  }
  // An entry is written before it is counted, the next one behind it after that.
  const uint64_t room = (index_bytes - sizeof(RecordHeader)) / sizeof(RecordEntry);
  if (room > count + 1 && entry_at(index, count + 1).kind != 0 &&
      header_at(index).count.load(std::memory_order_acquire) == count) {
    return fail(ErrorKind::kCorrupt,
                "storage record: there are more entries than the " + std::to_string(count) + " that it counts");
  }
  for (uint64_t i = 0; i < count; ++i) {
    const RecordEntry& entry = entry_at(index, i);
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
  // The data's size is read after the count: complete entries have their bytes in place.
  const uint64_t index_bytes = static_cast<uint64_t>(index_info.st_size);
  if (::fstat(data_fd, &data_info) != 0) return fail_errno(errno, "stat the storage record");
  if (auto whole = check_bounds(index, index_bytes, static_cast<uint64_t>(data_info.st_size)); !whole) {
    return tl::unexpected(whole.error());
  }
  return record;
}

StorageRecord::StorageRecord(const std::byte* index, const std::byte* data) : index_(index), data_(data) {
  const std::scoped_lock guard(open_records().lock);
  open_records().records.insert(this);
}

StorageRecord::~StorageRecord() {
  {
    const std::scoped_lock guard(open_records().lock);
    open_records().records.erase(this);
  }
  ::munmap(const_cast<std::byte*>(index_), kStorageIndexBytesMax);
  ::munmap(const_cast<std::byte*>(data_), kStorageDataBytesMax);
}

uint64_t StorageRecord::size() const { return header_at(index_).count.load(std::memory_order_acquire); }

Operation StorageRecord::operator[](uint64_t index) const {
  // Who reads all of them shall not have all of the index in memory in the end.
  constexpr uint64_t kEntriesAtOnce = kResidentBytesMax / sizeof(RecordEntry);
  if (index % kEntriesAtOnce == kEntriesAtOnce - 1) release_pages();
  const RecordEntry& entry = entry_at(index_, index);
  const std::byte* const bytes = data_ + entry.data_at;
  const char* const names = reinterpret_cast<const char*>(bytes + entry.data_bytes);
  Operation operation;
  operation.kind = static_cast<OperationKind>(entry.kind);
  operation.flags = entry.flags;
  operation.node = entry.node;
  operation.parent = entry.parent;
  operation.new_parent = entry.new_parent;
  operation.replaced = entry.replaced;
  operation.pid = entry.pid;
  operation.tid = entry.tid;
  operation.place = entry.place;
  operation.time_ns = entry.time_ns;
  operation.offset = entry.offset;
  operation.size = entry.size;
  operation.name = {names, entry.name_bytes};
  operation.new_name = {names + entry.name_bytes, entry.new_name_bytes};
  operation.data = {bytes, entry.data_bytes};
  return operation;
}

std::vector<Operation> StorageRecord::first(uint64_t count) const {
  CRASHWRIGHT_CHECK(count <= size(), "an operation is read only after it was recorded");
  std::vector<Operation> operations;
  operations.reserve(count);
  for (uint64_t i = 0; i < count; ++i) operations.push_back((*this)[i]);
  return operations;
}

void note_record_read(const std::byte* from, uint64_t bytes) noexcept {
  thread_local uint64_t last_folio = UINT64_MAX;  // mostly one reads on where one was
  const uint64_t first = reinterpret_cast<uintptr_t>(from) / kFaultBytes;
  const uint64_t last = (reinterpret_cast<uintptr_t>(from) + std::max<uint64_t>(bytes, 1) - 1) / kFaultBytes;
  const uint64_t more = (last - first + (first == last_folio ? 0 : 1)) * kFaultBytes;
  last_folio = last;
  if (more == 0) return;
  OpenRecords& all = open_records();
  if (all.bytes_read.fetch_add(more, std::memory_order_relaxed) + more < kResidentBytesMax) return;
  const std::scoped_lock guard(all.lock);
  if (all.bytes_read.exchange(0, std::memory_order_relaxed) < kResidentBytesMax) return;  // another thread was quicker
  for (const StorageRecord* const record : all.records) record->release_pages();
}

void StorageRecord::release_pages() const {
  // All of a small record may stay: bringing it back would cost more than it takes.
  const uint64_t count = size();
  if (count == 0) return;
  const RecordEntry& last = entry_at(index_, count - 1);
  const uint64_t bytes = last.data_at + last.data_bytes + count * sizeof(RecordEntry);
  if (bytes <= kResidentBytesMax) return;
  ::madvise(const_cast<std::byte*>(data_), kStorageDataBytesMax, MADV_DONTNEED);
  ::madvise(const_cast<std::byte*>(index_), kStorageIndexBytesMax, MADV_DONTNEED);
}

}  // namespace crashwright::harness
