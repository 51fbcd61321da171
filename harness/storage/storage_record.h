// Reads a storage record, also while the storage layer still writes it: nothing that was read ever changes.
//
// Names and data of an operation are views into mapped files, valid as long as the StorageRecord lives; reading a
// record of gigabytes needs no memory of that size: who reads data says so, and the index is counted (record_pages.h).
// The writer is RecordWriter (record_writer.h).
// Threads: all const functions from any thread. Errors: open() reports system errors and damage.
// Format: storage_record_format.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "harness/storage/operation.h"
#include "harness/storage/record_layout.h"
#include "harness/storage/record_pages.h"

namespace crashwright::harness {

class OperationList;  // operation_list.h

class StorageRecord {
 public:
  // `folder` is the record folder of a mount; the record may still grow.
  [[nodiscard]] static Result<std::unique_ptr<StorageRecord>> open(const std::string& folder);
  // Keeps its own mappings; the descriptors are not needed afterwards.
  [[nodiscard]] static Result<std::unique_ptr<StorageRecord>> attach(int index_fd, int data_fd);
  ~StorageRecord();
  StorageRecord(const StorageRecord&) = delete;
  StorageRecord& operator=(const StorageRecord&) = delete;

  // Operations complete by now; grows while the layer serves.
  [[nodiscard]] uint64_t size() const;
  // The operation number `index`, which must be below a size() seen before.
  [[nodiscard]] Operation operator[](uint64_t index) const;
  // The first `count` operations, read where they lie: the record must outlive them.
  [[nodiscard]] OperationList first(uint64_t count) const;
  // Gives pages of the record that reading brought in back to the kernel; views stay valid.
  void release_pages() const;

 private:
  StorageRecord(const std::byte* index, const std::byte* data);

  const std::byte* index_;
  const std::byte* data_;
};

inline Operation StorageRecord::operator[](uint64_t index) const {
  const auto& entry =
      *reinterpret_cast<const RecordEntry*>(index_ + sizeof(RecordHeader) + index * sizeof(RecordEntry));
  note_record_read(&entry, sizeof entry);
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

}  // namespace crashwright::harness
