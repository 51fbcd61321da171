#include "postmortem/state_slot.h"

#include "base/checksum.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

// All of `header` with its crc field as zero, seeded by its salt.
template <typename Header>
uint32_t header_checksum(const Header& header) noexcept {
  Header copy = header;
  copy.crc = 0;
  return crc32c(&copy, sizeof copy, crc32c(&header.salt, sizeof header.salt));
}

std::string version_text(uint32_t version) {
  return "version " + std::to_string(version) + ", this program reads version " + std::to_string(kStateVersion);
}

}  // namespace

uint32_t state_file_checksum(const StateFileHeader& header) noexcept { return header_checksum(header); }

uint32_t state_slot_checksum(const StateSlotHeader& header, std::span<const std::byte> payload) noexcept {
  return crc32c(payload.data(), payload.size(), header_checksum(header));
}

std::string check_state_file(const StateFileHeader& header) {
  if (header.magic != kStateFileMagic) return "wrong magic: not a state store";
  if (header.crc != state_file_checksum(header)) return "checksum mismatch in the file header";
  if (header.version != kStateVersion) return version_text(header.version);
  if (header.slot_bytes <= sizeof(StateSlotHeader) || header.slot_bytes > kStateSlotBytesMax || header.salt == 0) {
    return "impossible file header";
  }
  return {};
}

std::string check_state_slot(const StateSlotHeader& header, std::span<const std::byte> slot,
                             const StateFileHeader& file) {
  if (header.magic != kStateSlotMagic) return "wrong magic";
  if (header.salt != file.salt) return "snapshot of another store";
  if (header.payload_bytes > file.slot_bytes - sizeof header) return "impossible size";
  if (header.payload_bytes > slot.size() - sizeof header) return "the file ends inside the snapshot";
  const auto payload = slot.subspan(sizeof header, static_cast<size_t>(header.payload_bytes));
  const bool checked = !CRASHWRIGHT_PLANTED("state_crc_not_checked");
  if (checked && header.crc != state_slot_checksum(header, payload)) return "checksum mismatch";
  if (header.version != kStateVersion) return version_text(header.version);
  return {};
}

}  // namespace crashwright::postmortem
