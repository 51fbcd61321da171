// What each operation of a run changed, as a person would name it: a path, or "a to b". Each text is held once, however
// many operations are about it.
//
// Threads: one owner while it grows, then const functions from any. Errors: none. Memory: 4 bytes an operation.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace crashwright::harness {

class OperationPaths {
 public:
  OperationPaths() = default;
  OperationPaths(OperationPaths&&) noexcept = default;
  OperationPaths& operator=(OperationPaths&&) noexcept = default;
  OperationPaths(const OperationPaths& other);
  OperationPaths& operator=(const OperationPaths& other);
  ~OperationPaths() = default;

  void reserve(size_t operations) { text_of_.reserve(operations); }
  void push_back(std::string_view path);

  [[nodiscard]] size_t size() const { return text_of_.size(); }
  [[nodiscard]] const std::string& operator[](size_t operation) const { return texts_[text_of_[operation]].path; }
  // Equal for paths that differ in numbers, or in what looks like a hash, alone.
  [[nodiscard]] uint64_t general(size_t operation) const { return texts_[text_of_[operation]].general; }

 private:
  struct Text {
    std::string path;
    uint64_t general;
  };

  std::deque<Text> texts_;  // never moved: numbers_ looks into them
  std::unordered_map<std::string_view, uint32_t> numbers_;
  std::vector<uint32_t> text_of_;
};

}  // namespace crashwright::harness
