// Fuzz target. Snapshots of the engine's order state; what was decoded encodes to a snapshot again. An even first byte
// has the whole header put right, whatever the format's version is by now.
#include <cstring>
#include <span>

#include "base/checksum.h"
#include "base/fuzz/fuzz_target.h"
#include "mock_engine/order_state.h"
#include "mock_engine/order_state_snapshot.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(state_snapshot) {
  constexpr size_t kSizeAt = 8;  // state_snapshot_format.md
  constexpr size_t kHeaderBytes = 16;
  const bool mended = fuzz::take_byte(input) % 2 == 0;
  std::string bytes(input);
  if (mended && bytes.size() >= kHeaderBytes) {
    const auto size = static_cast<uint32_t>(bytes.size() - kHeaderBytes);
    const uint32_t checksum = crc32c(&bytes[0] + kHeaderBytes, size);
    const auto right = mock_engine::encode_order_state({});
    std::memcpy(&bytes[0], right.data(), kSizeAt);
    std::memcpy(&bytes[kSizeAt], &size, sizeof size);
    std::memcpy(&bytes[kSizeAt + sizeof size], &checksum, sizeof checksum);
  }
  const auto state = mock_engine::decode_order_state(std::as_bytes(std::span(bytes)));
  if (state && !mock_engine::decode_order_state(mock_engine::encode_order_state(*state))) __builtin_trap();
}
