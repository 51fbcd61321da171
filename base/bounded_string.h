// A fixed-capacity, always terminated string for shared mappings and signal handlers.
//
// Layout: `Capacity` bytes, the text padded with zeros; the last byte is always 0. Longer text is cut.
// Threads: none of its own. Signal context: yes (no allocation).
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace crashwright {

template <size_t Capacity>
struct BoundedString {
  static_assert(Capacity >= 2, "room for one character and the terminator");
  char bytes[Capacity];

  void assign(std::string_view text) noexcept {
    const size_t size = text.size() < Capacity - 1 ? text.size() : Capacity - 1;
    std::memset(bytes, 0, Capacity);
    std::memcpy(bytes, text.data(), size);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes, ::strnlen(bytes, Capacity)}; }
  [[nodiscard]] bool empty() const noexcept { return bytes[0] == '\0'; }
  bool operator==(std::string_view text) const noexcept { return view() == text; }
};

}  // namespace crashwright
