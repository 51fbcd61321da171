// Big-endian fixed-layout fields, the common ground of ITCH, OUCH and SoupBinTCP.
//
// WireReader and WireWriter have the same member names, so a message states its field order once (its `fields`
// function template) and both directions follow it. Neither checks bounds: the codec has compared the length of the
// message with the layout before it constructs one. No allocation anywhere.
// Threads: values. Signal context: yes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace crashwright::mock_engine {

using Bytes = std::span<const std::byte>;

// A left-justified text field, padded with spaces, as it stands on the wire.
template <size_t Size>
struct Alpha {
  char bytes[Size];

  // Longer text is cut.
  static constexpr Alpha of(std::string_view text) noexcept {
    Alpha result{};
    for (size_t i = 0; i < Size; ++i) result.bytes[i] = i < text.size() ? text[i] : ' ';
    return result;
  }
  // Without the padding.
  [[nodiscard]] constexpr std::string_view view() const noexcept {
    size_t size = Size;
    while (size > 0 && bytes[size - 1] == ' ') --size;
    return {bytes, size};
  }
  bool operator==(const Alpha&) const = default;
};

using Symbol = Alpha<8>;

// The eight bytes as one number: a cheap key for tables.
[[nodiscard]] inline uint64_t symbol_key(const Symbol& symbol) noexcept { return std::bit_cast<uint64_t>(symbol); }

template <typename Integer>
[[nodiscard]] constexpr Integer swap_if_little(Integer value) noexcept {
  if constexpr (std::endian::native == std::endian::big || sizeof(Integer) == 1) {
    return value;
  } else if constexpr (sizeof(Integer) == 2) {
    return static_cast<Integer>(__builtin_bswap16(value));
  } else if constexpr (sizeof(Integer) == 4) {
    return static_cast<Integer>(__builtin_bswap32(value));
  } else {
    return static_cast<Integer>(__builtin_bswap64(value));
  }
}

template <typename Integer>
[[nodiscard]] inline Integer load_big_endian(const std::byte* from) noexcept {
  Integer value;
  std::memcpy(&value, from, sizeof value);
  return swap_if_little(value);
}

template <typename Integer>
inline void store_big_endian(std::byte* to, Integer value) noexcept {
  value = swap_if_little(value);
  std::memcpy(to, &value, sizeof value);
}

class WireReader {
 public:
  explicit WireReader(const std::byte* at) noexcept : at_(at) {}

  void u8(uint8_t& value) noexcept { value = static_cast<uint8_t>(*at_++); }
  void character(char& value) noexcept { value = static_cast<char>(*at_++); }
  void u16(uint16_t& value) noexcept { integer(value); }
  void u32(uint32_t& value) noexcept { integer(value); }
  void u64(uint64_t& value) noexcept { integer(value); }
  void u48(uint64_t& value) noexcept {
    value = (uint64_t{load_big_endian<uint16_t>(at_)} << 32) | load_big_endian<uint32_t>(at_ + 2);
    at_ += 6;
  }
  template <size_t Size>
  void alpha(Alpha<Size>& value) noexcept {
    std::memcpy(value.bytes, at_, Size);
    at_ += Size;
  }
  [[nodiscard]] const std::byte* position() const noexcept { return at_; }

 private:
  template <typename Integer>
  void integer(Integer& value) noexcept {
    value = load_big_endian<Integer>(at_);
    at_ += sizeof value;
  }

  const std::byte* at_;
};

class WireWriter {
 public:
  explicit WireWriter(std::byte* at) noexcept : at_(at) {}

  void u8(uint8_t value) noexcept { *at_++ = static_cast<std::byte>(value); }
  void character(char value) noexcept { *at_++ = static_cast<std::byte>(value); }
  void u16(uint16_t value) noexcept { integer(value); }
  void u32(uint32_t value) noexcept { integer(value); }
  void u64(uint64_t value) noexcept { integer(value); }
  void u48(uint64_t value) noexcept {
    u16(static_cast<uint16_t>(value >> 32));
    u32(static_cast<uint32_t>(value));
  }
  template <size_t Size>
  void alpha(const Alpha<Size>& value) noexcept {
    std::memcpy(at_, value.bytes, Size);
    at_ += Size;
  }
  void raw(Bytes bytes) noexcept {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  [[nodiscard]] std::byte* position() const noexcept { return at_; }

 private:
  template <typename Integer>
  void integer(Integer value) noexcept {
    store_big_endian(at_, value);
    at_ += sizeof value;
  }

  std::byte* at_;
};

// Several lambdas as one visitor: decode(bytes, Overloaded{[](const AddOrder&) {...}, [](const auto&) {}}).
template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace crashwright::mock_engine
