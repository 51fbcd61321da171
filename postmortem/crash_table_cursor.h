// Reads unwind tables byte by byte, and never beyond their end.
//
// Threads: none of its own. Signal context: yes. Errors: ok() turns false at the first read beyond the end, and every
// value read from then on is zero.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashwright::postmortem {

class TableCursor {
 public:
  TableCursor(uint64_t begin, uint64_t end) noexcept : at_(begin), end_(end) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool done() const noexcept { return !ok_ || at_ >= end_; }
  [[nodiscard]] uint64_t at() const noexcept { return at_; }

  void skip(uint64_t size) noexcept {
    if (ok_ && size <= end_ - at_) {
      at_ += size;
    } else {
      ok_ = false;
    }
  }

  template <typename Value>
  Value take() noexcept {
    if (!ok_ || end_ < at_ || end_ - at_ < sizeof(Value)) {
      ok_ = false;
      return 0;
    }
    Value value;
    __builtin_memcpy(&value, reinterpret_cast<const void*>(at_), sizeof value);
    at_ += sizeof value;
    return value;
  }

  uint64_t take_uleb() noexcept {
    unsigned shift = 0;
    return take_leb(shift);
  }

  int64_t take_sleb() noexcept {
    unsigned shift = 0;
    uint64_t value = take_leb(shift);
    const bool negative = shift > 0 && shift < 64 && (value >> (shift - 1) & 1U) != 0;
    if (negative) value |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(value);
  }

 private:
  uint64_t take_leb(unsigned& shift) noexcept {
    uint64_t value = 0;
    for (; shift < 64;) {
      const auto byte = take<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7fU) << shift;
      shift += 7;
      if ((byte & 0x80U) == 0) return value;
    }
    ok_ = false;
    return 0;
  }

  uint64_t at_;
  uint64_t end_;
  bool ok_ = true;
};

}  // namespace crashwright::postmortem
