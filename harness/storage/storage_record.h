// Reads a storage record, also while the storage layer still writes it: nothing that was read ever changes.
//
// Names and data of an operation are views into mapped files, valid as long as the StorageRecord lives; reading a
// record of gigabytes needs no memory of that size: who reads much of it says so (note_record_read()).
// The writer is RecordWriter (record_writer.h).
// Threads: all const functions from any thread. Errors: open() reports system errors and damage.
// Format: storage_record_format.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/operation.h"

namespace crashwright::harness {

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
  // The first `count` operations.
  [[nodiscard]] std::vector<Operation> first(uint64_t count) const;
  // Gives pages of the record that reading brought in back to the kernel; views stay valid.
  void release_pages() const;

 private:
  StorageRecord(const std::byte* index, const std::byte* data);

  const std::byte* index_;
  const std::byte* data_;
};

// `bytes` of an operation's data, from `from` on, were read or are about to be: beyond some 32 MiB of pages that this
// brought in, those of all records go back to the kernel, which has them on disk. From any thread.
void note_record_read(const std::byte* from, uint64_t bytes) noexcept;

}  // namespace crashwright::harness
