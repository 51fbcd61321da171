// Fuzz target. Packets of a session as they arrive, in pieces of any size, and logins.
#include <cstring>
#include <span>

#include "base/fuzz/fuzz_target.h"
#include "mock_engine/soupbintcp.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

CRASHWRIGHT_FUZZ_TARGET(soupbintcp) {
  const size_t piece = size_t{1} + fuzz::take_byte(input);
  static soup::Framer framer(1 << 17);
  framer.reset();
  while (!input.empty()) {
    const std::string_view part = fuzz::take(input, piece);
    const std::span<std::byte> space = framer.write_space();
    std::memcpy(space.data(), part.data(), part.size());
    framer.committed(part.size());
    soup::Packet packet;
    soup::FrameStatus status = framer.next(packet);
    for (; status == soup::FrameStatus::kPacket; status = framer.next(packet)) {
      soup::LoginRequest request;
      soup::LoginAccepted accepted;
      (void)soup::decode(packet.payload, request);
      if (soup::decode(packet.payload, accepted)) (void)soup::session_text(accepted.session);
    }
    if (status == soup::FrameStatus::kBadLength) return;
  }
}
