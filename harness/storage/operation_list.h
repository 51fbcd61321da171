// The operations of a run in order, as one list: read where they lie in a mapped storage record, of which the list
// itself holds nothing but what was left out, or kept in memory, written down by hand.
//
// A run of millions of operations so takes a few bytes of memory for each, not the operation.
// Threads: const functions from any. Errors: none; an index is below size(). Units: none.
// Memory: nothing for all of a record; 4 bytes an operation once some were left out; an Operation each where they are
// its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "harness/storage/operation.h"
#include "harness/storage/storage_record.h"

namespace crashwright::harness {

class OperationList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Operation;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Operation;

    Iterator(const OperationList& list, size_t index) : list_(&list), index_(index) {}
    Operation operator*() const { return (*list_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const OperationList* list_;
    size_t index_;
  };

  OperationList() = default;
  OperationList(std::vector<Operation> own) : own_(std::move(own)), size_(own_.size()) {}
  // The first `count` of `record`, which must outlive the list.
  OperationList(const StorageRecord& record, uint64_t count) : record_(&record), size_(count) {}

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] Operation operator[](size_t index) const {
    if (record_ == nullptr) return own_[index];
    return (*record_)[numbers_.empty() ? index : numbers_[index]];
  }
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size_}; }

  // Of a list whose operations are its own.
  void push_back(const Operation& operation);
  // Leaves out all operations of one kind.
  void leave_out(OperationKind kind);

 private:
  const StorageRecord* record_ = nullptr;  // null: they are its own
  std::vector<uint32_t> numbers_;          // in the record; empty: all from the first on
  std::vector<Operation> own_;
  size_t size_ = 0;
};

}  // namespace crashwright::harness
