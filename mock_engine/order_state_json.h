// The order state as JSON, byte for byte the same for the same state: sorted keys, integers only, one line.
//
// final_state.json says how a session ended; it leaves out everything that depends on timing or on how often the engine
// was started. recovered_state.json says everything that recovery restored from disk.
// Threads: any. Errors: none. Signal context: no.
#pragma once

#include <cstdint>
#include <string>

#include "mock_engine/order_state.h"

namespace crashwright::mock_engine {

// `feed_sequence`: messages of the whole session.
[[nodiscard]] std::string final_state_json(const OrderState& state, uint64_t feed_sequence);
[[nodiscard]] std::string recovered_state_json(const OrderState& state);

}  // namespace crashwright::mock_engine
