// What the OUCH 5.0 messages have in common: field types, limits and codes.
//
// Threads, errors, units, source: ouch.h. Signal context: yes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mock_engine/wire.h"

namespace crashwright::mock_engine::ouch {

// Whether a message ends with an appendage length.
enum class Appendage : uint8_t {
  kNever,
  kRequired,  // always there
  kUsual,     // written always, accepted without
  kRare,      // written only when there are elements, accepted both ways
};

using ClientOrderId = Alpha<14>;
using Firm = Alpha<4>;

inline constexpr uint32_t kQuantityMax = 999'999;
inline constexpr uint64_t kPriceTicksMax = 1'999'999'900;

inline constexpr char kDay = '0';  // time in force
inline constexpr char kImmediateOrCancel = '3';

enum CancelReason : char {
  kCancelledByUser = 'U',
  kCancelledImmediate = 'I',
  kCancelledBySystem = 'Z',
  kCancelledBySupervisor = 'S',
};

enum RejectReason : uint16_t {
  kRejectInvalidSide = 0x0009,
  kRejectProcessingError = 0x000a,
  kRejectFirmNotAuthorized = 0x000c,
  kRejectOther = 0x000f,
  kRejectInvalidQuantity = 0x0013,
  kRejectInvalidSymbol = 0x0017,
  kRejectInvalidPrice = 0x001d,
};

}  // namespace crashwright::mock_engine::ouch
