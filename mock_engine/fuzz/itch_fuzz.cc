// Fuzz target. Feed messages, one by one and as a file.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "mock_engine/itch.h"
#include "mock_engine/itch_file.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

CRASHWRIGHT_FUZZ_TARGET(itch) {
  const uint8_t choice = fuzz::take_byte(input);
  const auto bytes = std::as_bytes(std::span(input.data(), input.size()));
  (void)itch::decode(bytes, [](const auto& message) {
    std::byte again[itch::kMessageBytesMax];
    if (itch::encode(message, again) != message.kSize) __builtin_trap();
  });
  if ((choice & 3) != 0) return;
  auto reader = itch::ItchFileReader::open(fuzz::MemoryFile(input).path());
  if (!reader) return;
  itch::FeedMessage message;
  while (reader->next(message) == itch::ReadState::kMessage) (void)itch::decode(message.bytes, [](const auto&) {});
  (void)reader->error();
}
