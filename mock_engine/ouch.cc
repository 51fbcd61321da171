#include "mock_engine/ouch.h"

namespace crashwright::mock_engine::ouch {

const char* decode_status_name(DecodeStatus status) noexcept {
  switch (status) {
    case DecodeStatus::kDecoded:
      return "decoded";
    case DecodeStatus::kUnknownType:
      return "unknown type";
    case DecodeStatus::kBadLength:
      return "bad length";
    case DecodeStatus::kBadAppendage:
      return "bad appendage";
  }
  return "?";
}

bool appendage_is_well_formed(Bytes appendage) noexcept {
  while (!appendage.empty()) {
    const auto length = static_cast<size_t>(appendage[0]);
    if (length == 0 || length + 1 > appendage.size()) return false;
    appendage = appendage.subspan(length + 1);
  }
  return true;
}

Bytes find_element(Bytes appendage, uint8_t tag) noexcept {
  while (!appendage.empty()) {
    const auto length = static_cast<size_t>(appendage[0]);
    if (appendage[1] == std::byte{tag}) return appendage.subspan(2, length - 1);
    appendage = appendage.subspan(length + 1);
  }
  return {};
}

}  // namespace crashwright::mock_engine::ouch
