#include "harness/storage/record_writer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "harness/storage/record_layout.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kIndexStepBytes = uint64_t{1} << 20;
constexpr uint64_t kPageBytes = 4096;

// Writes all of `parts` at `offset`; the arguments are used up.
Status write_parts(int fd, iovec* parts, int count, uint64_t offset) {
  while (count > 0) {
    const ssize_t put = ::pwritev(fd, parts, count, static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return fail_errno(put < 0 ? errno : ENOSPC, "write the storage record");
    offset += static_cast<uint64_t>(put);
    auto left = static_cast<size_t>(put);
    while (count > 0 && left >= parts->iov_len) {
      left -= parts->iov_len;
      ++parts;
      --count;
    }
    if (count > 0) {
      parts->iov_base = static_cast<char*>(parts->iov_base) + left;
      parts->iov_len -= left;
    }
  }
  return {};
}

iovec part(const void* bytes, size_t size) { return {const_cast<void*>(bytes), size}; }

}  // namespace

Result<std::unique_ptr<RecordWriter>> RecordWriter::create(const std::string& folder) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
  UniqueFd index(::open(record_index_path(folder).c_str(), kFlags, 0644));
  if (!index) return fail_errno(errno, "create " + record_index_path(folder));
  UniqueFd data(::open(record_data_path(folder).c_str(), kFlags, 0644));
  if (!data) return fail_errno(errno, "create " + record_data_path(folder));
  return begin(std::move(index), std::move(data));
}

Result<std::unique_ptr<RecordWriter>> RecordWriter::create_unnamed(const std::string& folder) {
  UniqueFd files[2];
  for (UniqueFd& file : files) {
    std::string path = folder + "/.crashwright-record-XXXXXX";
    file.reset(::mkostemp(path.data(), O_CLOEXEC));
    if (!file) return fail_errno(errno, "create a storage record in " + folder);
    ::unlink(path.c_str());
  }
  return begin(std::move(files[0]), std::move(files[1]));
}

Result<std::unique_ptr<RecordWriter>> RecordWriter::begin(UniqueFd index, UniqueFd data) {
  std::unique_ptr<RecordWriter> writer(new RecordWriter(std::move(index), std::move(data)));
  void* const map = ::mmap(nullptr, kStorageIndexBytesMax, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                           writer->index_.get(), 0);
  if (map == MAP_FAILED) return fail_errno(errno, "map the storage record");
  writer->map_ = static_cast<std::byte*>(map);
  if (auto room = writer->make_room(); !room) return tl::unexpected(room.error());
  auto* const header = reinterpret_cast<RecordHeader*>(writer->map_);
  header->magic = kStorageRecordMagic;
  header->version = kStorageRecordVersion;
  header->entry_bytes = sizeof(RecordEntry);
  auto reader = StorageRecord::attach(writer->index_.get(), writer->data_.get());
  if (!reader) return tl::unexpected(reader.error());
  writer->reader_ = std::move(*reader);
  return writer;
}

RecordWriter::~RecordWriter() {
  if (map_ != nullptr) ::munmap(map_, kStorageIndexBytesMax);
}

Status RecordWriter::make_room() {
  const uint64_t needed = sizeof(RecordHeader) + (count_ + 1) * sizeof(RecordEntry);
  if (needed <= index_bytes_) return {};
  if (needed > kStorageIndexBytesMax) return fail(ErrorKind::kEnvironment, "the storage record is full");
  // Allocated, not only sized: a full disk must be an error here, not a SIGBUS at the store.
  const int trouble = ::posix_fallocate(index_.get(), static_cast<off_t>(index_bytes_), kIndexStepBytes);
  if (trouble != 0) return fail_errno(trouble, "grow the storage record");
  const uint64_t done = index_bytes_ / kPageBytes * kPageBytes;
  if (done > kPageBytes && done > released_bytes_) {
    const uint64_t from = std::max(released_bytes_, kPageBytes);
    ::madvise(map_ + from, done - from, MADV_DONTNEED);
    released_bytes_ = done;
  }
  index_bytes_ += kIndexStepBytes;
  return {};
}

Status RecordWriter::prepare(const Operation& operation) {
  CRASHWRIGHT_CHECK(operation.name.size() <= UINT16_MAX && operation.new_name.size() <= UINT16_MAX, "names are short");
  if (auto room = make_room(); !room) return room;
  prepared_ = operation;
  const uint64_t bytes = operation.data.size() + operation.name.size() + operation.new_name.size();
  if (bytes == 0) return {};
  if (bytes > kStorageDataBytesMax - data_end_) return fail(ErrorKind::kEnvironment, "the storage record is full");
  iovec parts[3] = {part(operation.data.data(), operation.data.size()),
                    part(operation.name.data(), operation.name.size()),
                    part(operation.new_name.data(), operation.new_name.size())};
  return write_parts(data_.get(), parts, 3, data_end_);
}

void RecordWriter::commit(uint64_t data_bytes) {
  const Operation& operation = prepared_;
  auto* const entry = reinterpret_cast<RecordEntry*>(map_ + sizeof(RecordHeader) + count_ * sizeof(RecordEntry));
  store_kind(*entry, static_cast<uint8_t>(operation.kind));
  entry->flags = operation.flags;
  entry->name_bytes = static_cast<uint16_t>(operation.name.size());
  entry->new_name_bytes = static_cast<uint16_t>(operation.new_name.size());
  entry->place = operation.place;
  entry->node = operation.node;
  entry->parent = operation.parent;
  entry->new_parent = operation.new_parent;
  entry->replaced = operation.replaced;
  entry->pid = operation.pid;
  entry->tid = operation.tid;
  entry->time_ns = operation.time_ns;
  entry->offset = operation.offset;
  entry->data_bytes = std::min<uint64_t>(operation.data.size(), data_bytes);
  entry->size = operation.kind == OperationKind::kWrite ? entry->data_bytes : operation.size;
  entry->data_at = data_end_;
  data_end_ += operation.data.size() + operation.name.size() + operation.new_name.size();
  ++count_;
  reinterpret_cast<RecordHeader*>(map_)->count.store(count_, std::memory_order_release);
}

Status RecordWriter::append(const Operation& operation) {
  if (auto prepared = prepare(operation); !prepared) return prepared;
  commit();
  return {};
}

}  // namespace crashwright::harness
