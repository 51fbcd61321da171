#include "harness/storage/operation_list.h"

#include <algorithm>

#include "base/check.h"

namespace crashwright::harness {

void OperationList::push_back(const Operation& operation) {
  CRASHWRIGHT_CHECK(record_ == nullptr, "a record is written by its writer alone");
  own_.push_back(operation);
  ++size_;
}

void OperationList::leave_out(OperationKind kind) {
  if (record_ == nullptr) {
    std::erase_if(own_, [&](const Operation& operation) { return operation.kind == kind; });
    size_ = own_.size();
    return;
  }
  const auto meant = static_cast<size_t>(
      std::count_if(begin(), end(), [&](const Operation& operation) { return operation.kind == kind; }));
  if (meant == 0) return;
  std::vector<uint32_t> left;
  left.reserve(size_ - meant);
  for (size_t i = 0; i < size_; ++i) {
    if ((*this)[i].kind != kind) left.push_back(numbers_.empty() ? static_cast<uint32_t>(i) : numbers_[i]);
  }
  numbers_ = std::move(left);
  size_ = numbers_.size();
}

}  // namespace crashwright::harness
