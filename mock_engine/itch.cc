#include "mock_engine/itch.h"

#include <array>
#include <utility>

namespace crashwright::mock_engine::itch {
namespace {

constexpr std::array<uint8_t, 256> make_lengths() {
  std::array<uint8_t, 256> lengths{};
  constexpr std::pair<char, uint8_t> kTable[] = {
      {'S', 12}, {'R', 39}, {'H', 25}, {'Y', 20}, {'L', 26}, {'V', 35}, {'W', 12}, {'K', 28},
      {'J', 35}, {'h', 21}, {'A', 36}, {'F', 40}, {'E', 31}, {'C', 36}, {'X', 23}, {'D', 19},
      {'U', 35}, {'P', 44}, {'Q', 40}, {'B', 19}, {'I', 50}, {'N', 20}, {'O', 48},
  };
  for (const auto& [type, bytes] : kTable) lengths[static_cast<uint8_t>(type)] = bytes;
  return lengths;
}

constexpr std::array<uint8_t, 256> kLengths = make_lengths();

}  // namespace

const char* decode_status_name(DecodeStatus status) noexcept {
  switch (status) {
    case DecodeStatus::kDecoded:
      return "decoded";
    case DecodeStatus::kNotDecoded:
      return "not decoded";
    case DecodeStatus::kUnknownType:
      return "unknown type";
    case DecodeStatus::kBadLength:
      return "bad length";
  }
  return "?";
}

size_t message_bytes(char type) noexcept { return kLengths[static_cast<uint8_t>(type)]; }

}  // namespace crashwright::mock_engine::itch
