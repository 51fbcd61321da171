// Fuzz target. State stores: the file's header, two slots. An even first byte has magics, versions, salts and checksums
// put right, without which no slot would ever be looked into.
#include <cstring>
#include <span>

#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "postmortem/state_slot.h"
#include "postmortem/state_store.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

constexpr uint64_t kSlotBytes = 4096;

std::string mended_store(std::string_view input) {
  std::string bytes(kStateFileBlockBytes + kStateSlots * kSlotBytes, '\0');
  StateFileHeader file{};
  file.magic = kStateFileMagic;
  file.version = kStateVersion;
  file.salt = 1 + fuzz::take_byte(input);
  file.slot_bytes = kSlotBytes - fuzz::take_byte(input) % 2;
  file.crc = state_file_checksum(file);
  std::memcpy(bytes.data(), &file, sizeof file);
  for (uint32_t slot = 0; slot < kStateSlots; ++slot) {
    StateSlotHeader header{};
    fuzz::take(input, sizeof header).copy(reinterpret_cast<char*>(&header), sizeof header);
    header.magic = kStateSlotMagic;
    header.version = kStateVersion;
    header.salt = file.salt;
    header.payload_bytes %= 512;
    char* const at = &bytes[state_slot_offset(slot, kSlotBytes)];
    fuzz::take(input, header.payload_bytes).copy(at + sizeof header, header.payload_bytes);
    header.crc = state_slot_checksum(
        header, std::as_bytes(std::span(at + sizeof header, static_cast<size_t>(header.payload_bytes))));
    std::memcpy(at, &header, sizeof header);
  }
  bytes.resize(bytes.size() - std::min<size_t>(input.size(), bytes.size()));  // what is left over cuts the file
  return bytes;
}

}  // namespace

CRASHWRIGHT_FUZZ_TARGET(state_store) {
  const bool mended = fuzz::take_byte(input) % 2 == 0;
  const std::string bytes = mended ? mended_store(input) : std::string(input);
  (void)read_state_store(fuzz::MemoryFile(bytes).path());
}
