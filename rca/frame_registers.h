// The registers of one frame of a stack, as far as unwinding could restore them.
//
// Numbers are DWARF's (psABI of x86-64, figure 3.36): 0 to 15 the general registers, 16 the address, 17 to 32 the lower
// halves of xmm0 to xmm15. A register that a call may have overwritten is not known in the caller's frame.
// Threads: a value. Signal context: no. Errors: what is not known is nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace crashwright::rca {

class FrameRegisters {
 public:
  static constexpr unsigned kGeneral = 17;
  static constexpr unsigned kCount = 33;
  static constexpr unsigned kStackPointer = 7;

  void set(unsigned number, uint64_t value) {
    if (number >= kCount) return;
    values_[number] = value;
    known_ |= uint64_t{1} << number;
  }
  [[nodiscard]] std::optional<uint64_t> get(uint64_t number) const {
    if (number >= kCount || (known_ >> number & 1) == 0) return std::nullopt;
    return values_[number];
  }

 private:
  std::array<uint64_t, kCount> values_{};
  uint64_t known_ = 0;
};

}  // namespace crashwright::rca
