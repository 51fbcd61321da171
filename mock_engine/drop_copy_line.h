// One line of the exchange's drop copy: a flat object of numbers and plain words, read without a JSON library.
//
// Threads: a view into a text that outlives it. Errors: what is not there is empty. Signal context: no.
// Format:  exchange/drop_copy_format.md
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crashwright::mock_engine {

class DropCopyLine {
 public:
  explicit DropCopyLine(std::string_view text) : text_(text) {}

  [[nodiscard]] std::string_view word(const char* key) const {
    const std::string_view rest = behind(key);
    if (rest.empty() || rest.front() != '"') return {};
    return rest.substr(1, rest.find('"', 1) - 1);
  }
  [[nodiscard]] std::optional<int64_t> number(const char* key) const {
    const std::string_view rest = behind(key);
    int64_t value = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec != std::errc()) return std::nullopt;
    return value;
  }
  // 0 when it is not there.
  template <typename Integer>
  [[nodiscard]] Integer value(const char* key) const {
    return static_cast<Integer>(number(key).value_or(0));
  }

 private:
  [[nodiscard]] std::string_view behind(const char* key) const {
    const std::string name = '"' + std::string(key) + "\":";
    const size_t at = text_.find(name);
    return at == std::string_view::npos ? std::string_view() : text_.substr(at + name.size());
  }
  std::string_view text_;
};

// Calls `take(line)` for each line that has its end; kCorrupt where a line is missing or `take` says false.
template <typename Take>
[[nodiscard]] Status for_each_drop_copy_line(const std::string& path, const std::string& text, Take take) {
  int64_t number = 0;
  for (size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const DropCopyLine line(std::string_view(text).substr(begin, end - begin));
    if (line.number("n") == ++number && take(line)) continue;
    return fail(ErrorKind::kCorrupt, path + ":" + std::to_string(number) + ": not the line that a drop copy has here");
  }
  return {};
}

}  // namespace crashwright::mock_engine
