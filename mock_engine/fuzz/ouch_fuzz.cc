// Fuzz target. Order messages in both directions; what was decoded encodes to the same bytes.
#include <algorithm>
#include <span>

#include "base/fuzz/fuzz_target.h"
#include "mock_engine/ouch.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

CRASHWRIGHT_FUZZ_TARGET(ouch) {
  const auto bytes = std::as_bytes(std::span(input.data(), input.size()));
  // An appendage that was left out is written as an empty one.
  const auto check = [&](const auto& message) {
    std::vector<std::byte> again(ouch::encoded_bytes(message));
    const size_t size = ouch::encode(message, again.data());
    const size_t same = std::min(size, bytes.size());
    if (size > bytes.size() + 2 ||
        !std::equal(again.begin(), again.begin() + static_cast<ptrdiff_t>(same), bytes.begin())) {
      __builtin_trap();
    }
  };
  (void)ouch::decode_inbound(bytes, check);
  (void)ouch::decode_outbound(bytes, check);
  if (ouch::appendage_is_well_formed(bytes)) (void)ouch::find_element(bytes, 1);
}
