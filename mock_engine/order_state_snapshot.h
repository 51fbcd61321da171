// The order state as bytes: what a checkpoint puts into the state store.
//
// The same state gives the same bytes. Decoding checks everything (length, checksum, version, every enumerator and
// count) and never reads beyond the input, so any bytes may be offered to it.
// Threads: any. Errors: kCorrupt, with what is wrong. Signal context: no. Format: state_snapshot_format.md
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "mock_engine/order_state.h"

namespace crashwright::mock_engine {

[[nodiscard]] std::vector<std::byte> encode_order_state(const OrderState& state);
[[nodiscard]] Result<OrderState> decode_order_state(std::span<const std::byte> bytes);

}  // namespace crashwright::mock_engine
