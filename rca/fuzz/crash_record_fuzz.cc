// Fuzz target. Crash records. An even first byte has the checksums of the sections put right, without which no section
// would ever be looked into.
#include <cstring>

#include "base/checksum.h"
#include "base/fuzz/fuzz_target.h"
#include "postmortem/crash_record_format.h"
#include "postmortem/crash_record_reader.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

void mend_sections(std::string& bytes) {
  crash_format::SectionHeader header{};
  for (size_t at = 0; at + sizeof header <= bytes.size();) {
    std::memcpy(&header, &bytes[at], sizeof header);
    const size_t left = bytes.size() - at - sizeof header;
    header.magic = crash_format::kSectionMagic;
    header.payload_size = static_cast<uint32_t>(std::min<size_t>(header.payload_size % 1024, left));
    header.payload_crc = crc32c(&bytes[at] + sizeof header, header.payload_size);
    header.header_crc = crc32c(&header, offsetof(crash_format::SectionHeader, header_crc));
    std::memcpy(&bytes[at], &header, sizeof header);
    const size_t whole = (header.payload_size + crash_format::kAlignment - 1) & ~size_t{crash_format::kAlignment - 1};
    for (size_t i = header.payload_size; i < std::min(whole, left); ++i) bytes[at + sizeof header + i] = '\0';
    at += sizeof header + whole;
  }
}

}  // namespace

CRASHWRIGHT_FUZZ_TARGET(crash_record) {
  const bool mended = fuzz::take_byte(input) % 2 == 0;
  std::string bytes(input);
  if (mended) mend_sections(bytes);
  (void)parse_crash_record(bytes, "fuzz");
}
