#include "harness/storage/explore/operation_paths.h"

#include <cctype>
#include <utility>

#include "base/checksum.h"

namespace crashwright::harness {
namespace {

// Digits, and what looks like a hash, do not make a path another one.
std::string general_path(std::string_view path) {
  std::string general;
  size_t run = 0;
  for (const char c : path) {
    const bool hex = std::isxdigit(static_cast<unsigned char>(c)) != 0;
    run = hex ? run + 1 : 0;
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      if (general.empty() || general.back() != '#') general += '#';
    } else if (run > 12) {
      while (!general.empty() && general.back() != '#' && general.back() != '/') general.pop_back();
      if (general.empty() || general.back() != '#') general += '#';
    } else {
      general += c;
    }
  }
  return general;
}

}  // namespace

OperationPaths::OperationPaths(const OperationPaths& other) : texts_(other.texts_), text_of_(other.text_of_) {
  for (const Text& text : texts_) numbers_.emplace(text.path, static_cast<uint32_t>(numbers_.size()));
}

OperationPaths& OperationPaths::operator=(const OperationPaths& other) {
  OperationPaths copy(other);
  return *this = std::move(copy);
}

void OperationPaths::push_back(std::string_view path) {
  const auto known = numbers_.find(path);
  if (known != numbers_.end()) return text_of_.push_back(known->second);
  const auto number = static_cast<uint32_t>(texts_.size());
  const Text& text = texts_.emplace_back(Text{std::string(path), fnv1a(general_path(path))});
  numbers_.emplace(text.path, number);
  text_of_.push_back(number);
}

}  // namespace crashwright::harness
