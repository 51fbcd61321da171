// Goal: no input makes the flight recorder's reader crash, hang or allocate without bound, and each gives an account.
// Method: libFuzzer. The first byte says whether the rest is a recorder's file or a drained segment, and which
// checksums are put right first: with all of them wrong the fuzzer would never get past the first.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/checksum.h"
#include "base/file.h"
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_folder.h"
#include "postmortem/flight_checksum.h"
#include "postmortem/flight_reader.h"
#include "postmortem/flight_recorder_state.h"
#include "postmortem/flight_segment_format.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

constexpr uint8_t kSegment = 1;
constexpr uint8_t kFixHeader = 2;
constexpr uint8_t kFixSites = 4;
constexpr uint8_t kFixRecords = 8;
constexpr uint8_t kFixChunks = 16;

template <typename T>
T* at(std::string& bytes, uint64_t offset) {
  return offset <= bytes.size() && bytes.size() - offset >= sizeof(T) ? reinterpret_cast<T*>(&bytes[offset]) : nullptr;
}

void fix_header(std::string& bytes, uint64_t magic) {
  auto* const header = at<FlightHeader>(bytes, 0);
  if (header == nullptr) return;
  header->magic = magic;
  header->version = kFlightVersion;
  // Small, so that the fuzzer's bytes are not spread over empty megabytes.
  header->rings_max = header->rings_max % 4 + 1;
  header->signal_rings %= header->rings_max;
  header->sites_max %= 16;
  header->lines_per_ring = kFlightRingLinesMin << header->lines_per_ring % 2;
  header->directory_offset = kFlightPageBytes;
  header->sites_offset = 2 * kFlightPageBytes;
  header->rings_offset = 4 * kFlightPageBytes;
  header->crc = crc32c(header, offsetof(FlightHeader, crc));
}

void fix_site(FlightSiteSlot& site) {
  site.crc = crc32c(reinterpret_cast<const std::byte*>(&site) + sizeof site.crc, sizeof site - sizeof site.crc);
}

// Every line from `from` on that could be a head of one line.
void fix_records(std::string& bytes, uint64_t from, uint64_t to, uint32_t seed) {
  for (uint64_t offset = from; offset < to; offset += sizeof(FlightLine)) {
    auto* const line = at<FlightLine>(bytes, offset);
    if (line == nullptr) return;
    if ((line->words[7] >> 56 & 0x7f) != 1) continue;
    line->words[0] = static_cast<uint32_t>(line->words[0]);
    RecordChecksum<> checksum(seed);
    checksum.add(*line);
    line->words[0] |= static_cast<uint64_t>(checksum.result()) << 32;
  }
}

void fix_file(std::string& bytes, uint8_t choice) {
  if ((choice & kFixHeader) != 0) fix_header(bytes, kFlightMagic);
  const auto* const found = at<FlightHeader>(bytes, 0);
  if (found == nullptr) return;
  const FlightHeader header = *found;
  if (header.rings_max > 8 || header.sites_max > 64) return;
  if ((choice & kFixSites) != 0) {
    for (uint32_t i = 0; i < header.sites_max; ++i) {
      auto* const site = at<FlightSiteSlot>(bytes, header.sites_offset + i * sizeof(FlightSiteSlot));
      if (site != nullptr) fix_site(*site);
    }
  }
  if ((choice & kFixRecords) == 0 || header.lines_per_ring > 4096) return;
  const uint64_t ring_bytes = uint64_t{header.lines_per_ring} * sizeof(FlightLine);
  for (uint32_t ring = 0; ring < header.rings_max; ++ring) {
    const uint64_t from = header.rings_offset + ring * ring_bytes;
    fix_records(bytes, from, from + ring_bytes, detail::ring_crc_seed(header.nonce, ring));
  }
}

void fix_segment(std::string& bytes, uint8_t choice) {
  if ((choice & kFixHeader) != 0) fix_header(bytes, kFlightSegmentMagic);
  const auto* const header = at<FlightHeader>(bytes, 0);
  if (header == nullptr || (choice & kFixChunks) == 0) return;
  for (uint64_t offset = kFlightPageBytes; auto* const chunk = at<FlightChunk>(bytes, offset);) {
    const uint64_t left = bytes.size() - offset - sizeof *chunk;
    chunk->magic = kFlightChunkMagic;
    chunk->payload_bytes = static_cast<uint32_t>(std::min<uint64_t>(chunk->payload_bytes % 1024, left) / 64 * 64);
    const uint64_t payload = offset + sizeof *chunk;
    if (chunk->kind == FlightChunkKind::kSites && (choice & kFixSites) != 0) {
      if (auto* const site = at<FlightSiteSlot>(bytes, payload)) fix_site(*site);
    }
    if (chunk->kind == FlightChunkKind::kLines && (choice & kFixRecords) != 0) {
      const uint32_t seed = detail::ring_crc_seed(header->nonce, chunk->ring);
      fix_records(bytes, payload, payload + chunk->payload_bytes, seed);
    }
    chunk->payload_crc = crc32c(bytes.data() + payload, chunk->payload_bytes);
    chunk->crc = crc32c(chunk, offsetof(FlightChunk, crc));
    offset = payload + chunk->payload_bytes;
  }
}

// What the reader promises for any input.
void check(const FlightReadout& readout) {
  for (const FlightThread& thread : readout.threads) {
    if (thread.refused_records > 0 && thread.refused.empty() && readout.notes.empty()) std::abort();
    for (size_t i = 1; i < thread.records.size(); ++i) {
      if (thread.records[i].sequence <= thread.records[i - 1].sequence) std::abort();
    }
  }
}

}  // namespace

CRASHWRIGHT_FUZZ_TARGET(flight_reader) {
  if (input.empty() || input.size() > 256 << 10) return;
  const uint8_t choice = fuzz::take_byte(input);
  std::string bytes(input);
  const std::string path = fuzz::memory_folder() + "/f.rec";
  const std::string segment = flight_segment_path(path, 1);
  const bool is_segment = (choice & kSegment) != 0;
  is_segment ? fix_segment(bytes, choice) : fix_file(bytes, choice);
  static_cast<void>(::unlink((is_segment ? path : segment).c_str()));
  if (!write_file(is_segment ? segment : path, bytes)) std::abort();
  if (const auto readout = read_flight_file(path)) check(*readout);
}
