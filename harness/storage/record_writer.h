// Appends to a storage record.
//
// Threads: one owner at a time (the file system's lock); readers follow on their own (storage_record.h).
// Errors: append() when the disk takes no more; then the operation must not happen. Durability: none, the record serves
//         the run that made it. Memory: a window of the index, whatever the record's size.
// Format: storage_record_format.md
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "harness/storage/operation.h"
#include "harness/storage/storage_record.h"

namespace crashwright::harness {

class RecordWriter {
 public:
  // Begins a new record in `folder`, which must exist; an older record there is replaced.
  [[nodiscard]] static Result<std::unique_ptr<RecordWriter>> create(const std::string& folder);
  // Begins a record without a name, on the disk that holds `folder`.
  [[nodiscard]] static Result<std::unique_ptr<RecordWriter>> create_unnamed(const std::string& folder);
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  // Puts the bytes of an operation in place; commit() then makes it part of the record. Two steps, so that an operation
  // that fails on the real folder was never recorded, and one that cannot be recorded never happens.
  [[nodiscard]] Status prepare(const Operation& operation);
  // `data_bytes`: how much of the prepared data took effect.
  void commit(uint64_t data_bytes = UINT64_MAX);
  [[nodiscard]] Status append(const Operation& operation);

  [[nodiscard]] const StorageRecord& record() const { return *reader_; }

 private:
  RecordWriter(UniqueFd index, UniqueFd data) : index_(std::move(index)), data_(std::move(data)) {}
  [[nodiscard]] static Result<std::unique_ptr<RecordWriter>> begin(UniqueFd index, UniqueFd data);
  [[nodiscard]] Status make_room();

  UniqueFd index_;
  UniqueFd data_;
  std::byte* map_ = nullptr;
  uint64_t index_bytes_ = 0;     // of the file
  uint64_t released_bytes_ = 0;  // of the map, given back to the kernel
  uint64_t data_end_ = 0;
  uint64_t count_ = 0;
  Operation prepared_;
  std::unique_ptr<StorageRecord> reader_;
};

}  // namespace crashwright::harness
